/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of the layout. For those in this folder who find it out, and for
 * the file layout, which shows it; all others use layout.h.
 */
#ifndef NBDDIAG_STORE_H
#define NBDDIAG_STORE_H

#include "layout/resolve.h"

struct mirror_member;

#define LAYOUT_SOURCE_LEN 64
#define LAYOUT_STATE_LEN 48

/**
 * struct layout_store - what was found, and where
 * @table: structures and members
 * @source: of each structure: "btf", "btf-file", "mirror-6.1" or empty
 * @vmlinux_state: what came of the kernel's own BTF
 * @nbd_state: of nbd's
 * @file_state: of the file of the parameter nbd_btf
 */
struct layout_store {
	struct layout_table table;
	char source[LS_NR][LAYOUT_SOURCE_LEN];
	char vmlinux_state[LAYOUT_STATE_LEN];
	char nbd_state[LAYOUT_STATE_LEN];
	char file_state[LAYOUT_STATE_LEN];
};

extern struct layout_store layout_now;

/* The parameter nbd_btf; what the file says is used. */
extern char *layout_file_path;
extern bool layout_file_used;

/* Mirrors that no device has disproved, as bits. */
extern unsigned long layout_mirrors_left;

/**
 * store_publish() - let readers of the file layout see what is known
 *
 * Context: may sleep, until a reader has copied it.
 */
void store_publish(void);

/**
 * store_publish_at_once() - the same, but later if somebody is copying it
 *
 * Context: waits for nothing, so that the caller may hold config_lock; one
 * caller at a time.
 */
void store_publish_at_once(void);

/* What store_publish_at_once() could not do. Context: as there. */
void store_publish_late(void);

/* What readers of the file layout are to see. Context: may sleep. */
void store_copy_shown(struct layout_store *copy);

/* The size of a member of a public type, which headers tell; else 0. */
u32 store_public_size(enum layout_member_id m);

/* Writes what came of an image of BTF into one of the states above. */
void store_set_state(char state[LAYOUT_STATE_LEN], int err);

void store_refuse_struct(enum layout_struct_id st, enum layout_status why);

/* All structures of nbd, or all others. */
void store_refuse_home(enum layout_home home, enum layout_status why);

/*
 * Take the structures of one home from a mirror.
 *
 * @source: what the file layout says of them
 * @members: some of their members, and of others, which are left out
 *
 * Context: one caller at a time; nothing may be known of these structures.
 */
void store_put_mirror(enum layout_home home, const char *source,
		      const struct mirror_member *members, unsigned int nr);

/* Of nbd's structures nothing is believed any more. */
void store_disprove_nbd(void);

/* Nor is the file, which is of another nbd. */
void store_refuse_file(void);

#endif /* NBDDIAG_STORE_H */
