/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of nbd's private structures, for kernels which do not describe them
 * in BTF. They are compiled against the kernel's own headers, so the public
 * types inside have their true sizes; whether a copy fits is for layout.c to
 * prove.
 */
#ifndef NBDDIAG_MIRROR_H
#define NBDDIAG_MIRROR_H

#include "resolve.h"

struct mirror_member {
	enum layout_member_id m;
	u32 offset;
};

/**
 * struct mirror - one known form of nbd's structures
 * @name: as shown in the file layout
 * @members: where the members of nbd_device and nbd_config lie
 * @nr: how many
 * @device_size: size of its nbd_device
 * @config_size: size of its nbd_config
 */
struct mirror {
	const char *name;
	const struct mirror_member *members;
	unsigned int nr;
	u32 device_size;
	u32 config_size;
};

extern const struct mirror mirrors[];
extern const unsigned int mirrors_nr;

/**
 * mirror_fill() - write a mirror into a table
 * @table: the entries of all structures of nbd are overwritten
 * @mirror: which one
 *
 * Members of a public type get the size 0.
 */
void mirror_fill(struct layout_table *table, const struct mirror *mirror);

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
