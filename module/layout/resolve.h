/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From BTF to offsets: finds every struct and member of members.h in an
 * image and checks existence, size and kind. No kernel API.
 */
#ifndef NBDDIAG_RESOLVE_H
#define NBDDIAG_RESOLVE_H

#include "layout/btf.h"

enum layout_home {
	LAYOUT_HOME_NBD,
	LAYOUT_HOME_CORE,
	LAYOUT_HOME_DM_MOD,
	LAYOUT_HOME_DM_MULTIPATH,
	LAYOUT_HOME_DM_CRYPT,
	LAYOUT_HOME_MD_MOD,
	LAYOUT_HOME_RAID1,
	LAYOUT_HOME_RAID10,
	LAYOUT_HOME_LOOP,
	LAYOUT_HOME_NR
};

/* LS_ is for "layout structure": LS_NBD_DEVICE is struct nbd_device. */
enum layout_struct_id {
#define STRUCT(id, ...) LS_##id,
#include "layout/members.h"
	LS_NR
};

/*
 * LM_ is for "layout member": LM_NBD_DEVICE_CONFIG_LOCK is the member config_lock
 * of struct nbd_device.
 */
enum layout_member_id {
#define MEMBER(st, id, ...) LM_##st##_##id,
#include "layout/members.h"
	LM_NR
};

/* See words.h; for example LAYOUT_NO_MEMBER. */
enum layout_status {
#define WORD_LAYOUT(id, ...) LAYOUT_##id,
#include "access/words.h"
	LAYOUT_STATUS_NR
};

/* What members.h says. */
struct layout_struct_spec {
	const char *name;
	enum layout_home home;
};

struct layout_member_spec {
	enum layout_struct_id st;
	const char *name;
	enum btf_class class;
	u32 size;
};

extern const struct layout_struct_spec layout_struct_specs[LS_NR];
extern const struct layout_member_spec layout_member_specs[LM_NR];

/* What was found. */
struct layout_table {
	struct {
		enum layout_status status;
		u32 size;
	} st[LS_NR];
	struct {
		enum layout_status status;
		u32 offset;
		u32 size;
	} m[LM_NR];
};

/*
 * Resolve one struct and its members.
 *
 * @table: the struct's and its members' entries are overwritten
 * @btf: opened and indexed image in which the struct is looked for
 *
 * A struct that is defined more than once in @btf must have the same size and
 * the same place for each listed member in all definitions, else what differs
 * is LAYOUT_AMBIGUOUS. A member's failure never affects another's.
 */
void layout_resolve(struct layout_table *table, const struct btf *btf,
		    enum layout_struct_id st);

/*
 * Mark a struct and all its members as not available.
 *
 * @why: the reason, not LAYOUT_OK
 */
void layout_refuse(struct layout_table *table, enum layout_struct_id st,
		   enum layout_status why);

/*
 * A status in words, for `layout` and for reasons.
 *
 * Return: a constant string of lower-case words joined by hyphens.
 */
const char *layout_status_text(enum layout_status status);

#endif /* NBDDIAG_RESOLVE_H */
