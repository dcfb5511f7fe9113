/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of nbd's private structures, for kernels which do not describe them
 * in BTF. They are compiled against the kernel's own headers, so the public
 * types inside have their true sizes; whether a copy fits is for layout.c to
 * prove.
 */
#ifndef NBDDIAG_MIRROR_H
#define NBDDIAG_MIRROR_H

#include "layout/resolve.h"

struct mirror_member {
	enum layout_member_id m;
	u32 offset;
};

/**
 * struct mirror - one known form of nbd's structures
 * @name: as shown in the file layout
 * @device: where the members of nbd_device lie
 * @device_nr: how many
 * @config: where the members of nbd_config lie
 * @config_nr: how many
 * @device_size: size of its nbd_device
 * @config_size: size of its nbd_config
 */
struct mirror {
	const char *name;
	const struct mirror_member *device;
	unsigned int device_nr;
	const struct mirror_member *config;
	unsigned int config_nr;
	u32 device_size;
	u32 config_size;
};

#define MIRRORS 5

extern const struct mirror mirrors[MIRRORS];

/*
 * Where a mirror has a member.
 *
 * @offset: set if it has it
 *
 * Return: false if these forms of the structures have no such member.
 */
bool mirror_offset(u32 *offset, const struct mirror *mirror,
		   enum layout_member_id m);

/* How large a mirror has a structure. Return: bytes, 0 if that is not known. */
u32 mirror_size(const struct mirror *mirror, enum layout_struct_id st);

/**
 * mirror_fill_tags() - write where members of struct blk_mq_tags lie
 * @table: the entries of that structure are overwritten
 *
 * By the kernel's headers, or where they do not have it by a copy of 5.10's;
 * requests_each() asks a real request for the proof.
 *
 * Return: the source, as shown in the file layout.
 */
const char *mirror_fill_tags(struct layout_table *table);

#endif /* NBDDIAG_MIRROR_H */
