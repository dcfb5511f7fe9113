// SPDX-License-Identifier: GPL-2.0
/*
 * Where private members of the device mapper, md and loop lie. These modules
 * come and go at any time, and another build of one may take its place. So each
 * is resolved again after it came, by the first read that wants to know.
 */
#include <linux/bio.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

#include "access/peek.h"
#include "layout/btf_file.h"
#include "layout/find.h"
#include "layout/mirror.h"
#include "layout/modules.h"
#include "layout/store.h"

static const struct {
	const char *name;
	enum layout_struct_id first;	/* built in, if vmlinux has this struct */
} modules[LAYOUT_HOME_NR] = {
	[LAYOUT_HOME_DM_MOD] = { "dm_mod", LS_MAPPED_DEVICE },
	[LAYOUT_HOME_DM_MULTIPATH] = { "dm_multipath", LS_MULTIPATH },
	[LAYOUT_HOME_DM_CRYPT] = { "dm_crypt", LS_DM_CRYPT_IO },
	[LAYOUT_HOME_MD_MOD] = { "md_mod", LS_MD_IO_CLONE },
	[LAYOUT_HOME_RAID1] = { "raid1", LS_R1BIO },
	[LAYOUT_HOME_RAID10] = { "raid10", LS_R10BIO },
	[LAYOUT_HOME_LOOP] = { "loop", LS_LOOP_CMD },
};

/* By home: it came or went since it was looked at. */
static unsigned long changed;
static DEFINE_MUTEX(refreshing);

/* ---- 5.10, which has no BTF of modules ---- */

#ifdef HAVE_BIO_BI_DISK
/*
 * Of the device mapper and loop only what is needed, and no more than proves
 * itself whenever it is used: clones by magic numbers, a device by its disk and
 * the name it gave itself, what hangs on it by what points back (object/mapped.c,
 * object/chain.c).
 */
struct mirror_dm_target_io {
	unsigned int magic;
	void *io;
	void *ti;
	unsigned int target_bio_nr;
	unsigned int *len_ptr;
	bool inside_dm_io;
	struct bio clone;
};

struct mirror_dm_io {
	unsigned int magic;
	void *md;
	blk_status_t status;
	atomic_t io_count;
	struct bio *orig_bio;
	unsigned long start_time;
};

struct mirror_dm_rq_clone_bio_info {
	struct bio *orig;
	void *tio;
	struct bio clone;
};

struct mirror_dm_rq_target_io {
	void *md;
	void *ti;
	struct request *orig, *clone;
};

struct mirror_mapped_device {
	struct mutex suspend_lock; /* only for its size */
	struct mutex table_devices_lock; /* the same */
	struct list_head table_devices;
	void *map;
	unsigned long flags;
	struct mutex type_lock; /* the same */
	int type;
	int numa_node_id;
	struct request_queue *queue;
	atomic_t holders;
	atomic_t open_count;
	void *immutable_target;
	void *immutable_target_type;
	char name[16];
	struct gendisk *disk;
	void *dax_dev;
	struct work_struct work;
	wait_queue_head_t wait;
	spinlock_t deferred_lock; /* the same */
	struct bio_list deferred;
};

struct mirror_dm_table {
	void *md;
	int type;
	unsigned int depth;
	unsigned int counts[16];
	void *index[16];
	unsigned int num_targets;
	unsigned int num_allocated;
	void *highs;
	void *targets;
};

struct mirror_multipath {
	unsigned long flags;
	spinlock_t lock; /* only for its size */
	int queue_mode;
	void *current_pgpath, *current_pg, *next_pg;
	atomic_t nr_valid_paths;
	unsigned int nr_priority_groups;
	struct list_head priority_groups;
	const char *hw_handler_name;
	char *hw_handler_params;
	wait_queue_head_t pg_init_wait;
	unsigned int pg_init_retries;
	unsigned int pg_init_delay_msecs;
	atomic_t pg_init_in_progress;
	atomic_t pg_init_count;
	struct mutex work_mutex; /* the same */
	struct work_struct trigger_event;
	void *ti;
	struct work_struct process_queued_bios;
	struct bio_list queued_bios;
};

struct mirror_priority_group {
	struct list_head list;
	void *m;
	void *ps[2];
	unsigned int pg_num;
	unsigned int nr_pgpaths;
	struct list_head pgpaths;
};

struct mirror_dm_path {
	void *dev;
	void *pscontext;
};

struct mirror_pgpath {
	struct list_head list;
	void *pg;
	unsigned int fail_count;
	struct mirror_dm_path path;
	struct delayed_work activate_path;
	u8 is_active; /* the lowest bit */
};

struct mirror_dm_crypt_io {
	void *cc;
	struct bio *base_bio;
};

struct mirror_loop_cmd {
	struct kthread_work work;
	bool use_aio;
	atomic_t ref;
	long ret;
	struct kiocb iocb;
};

#define AT(id, type, member) { LM_##id, offsetof(struct type, member) }

static const struct mirror_member members_5_10[] = {
	AT(DM_TARGET_IO_MAGIC, mirror_dm_target_io, magic),
	AT(DM_TARGET_IO_IO, mirror_dm_target_io, io),
	AT(DM_TARGET_IO_CLONE, mirror_dm_target_io, clone),
	AT(DM_IO_MAGIC, mirror_dm_io, magic),
	AT(DM_IO_MD, mirror_dm_io, md),
	AT(DM_IO_ORIG_BIO, mirror_dm_io, orig_bio),
	AT(DM_IO_START_TIME, mirror_dm_io, start_time),
	AT(DM_RQ_CLONE_BIO_INFO_ORIG, mirror_dm_rq_clone_bio_info, orig),
	AT(DM_RQ_CLONE_BIO_INFO_TIO, mirror_dm_rq_clone_bio_info, tio),
	AT(DM_RQ_CLONE_BIO_INFO_CLONE, mirror_dm_rq_clone_bio_info, clone),
	AT(DM_RQ_TARGET_IO_MD, mirror_dm_rq_target_io, md),
	AT(DM_RQ_TARGET_IO_ORIG, mirror_dm_rq_target_io, orig),
	AT(DM_RQ_TARGET_IO_CLONE, mirror_dm_rq_target_io, clone),
	AT(MAPPED_DEVICE_MAP, mirror_mapped_device, map),
	AT(MAPPED_DEVICE_FLAGS, mirror_mapped_device, flags),
	AT(MAPPED_DEVICE_NAME, mirror_mapped_device, name),
	AT(MAPPED_DEVICE_DISK, mirror_mapped_device, disk),
	AT(MAPPED_DEVICE_DEFERRED, mirror_mapped_device, deferred),
	AT(DM_TABLE_MD, mirror_dm_table, md),
	AT(DM_TABLE_NUM_TARGETS, mirror_dm_table, num_targets),
	AT(DM_TABLE_TARGETS, mirror_dm_table, targets),
	AT(MULTIPATH_NR_VALID_PATHS, mirror_multipath, nr_valid_paths),
	AT(MULTIPATH_PRIORITY_GROUPS, mirror_multipath, priority_groups),
	AT(MULTIPATH_TI, mirror_multipath, ti),
	AT(MULTIPATH_QUEUED_BIOS, mirror_multipath, queued_bios),
	AT(PRIORITY_GROUP_LIST, mirror_priority_group, list),
	AT(PRIORITY_GROUP_M, mirror_priority_group, m),
	AT(PRIORITY_GROUP_PGPATHS, mirror_priority_group, pgpaths),
	AT(PGPATH_LIST, mirror_pgpath, list),
	AT(PGPATH_PG, mirror_pgpath, pg),
	AT(PGPATH_FAIL_COUNT, mirror_pgpath, fail_count),
	AT(PGPATH_PATH, mirror_pgpath, path),
	AT(PGPATH_IS_ACTIVE, mirror_pgpath, is_active),
	AT(DM_PATH_DEV, mirror_dm_path, dev),
	AT(DM_CRYPT_IO_BASE_BIO, mirror_dm_crypt_io, base_bio),
	AT(LOOP_CMD_IOCB, mirror_loop_cmd, iocb),
};

static void from_mirror(enum layout_home home)
{
	store_put_mirror(home, "mirror-5.10", members_5_10,
			 ARRAY_SIZE(members_5_10));
}
#else
static void from_mirror(enum layout_home home)
{
}
#endif

/* ---- resolving ---- */

static bool from_btf(enum layout_home home, const struct btf *vmlinux)
{
	const char *first = layout_struct_specs[modules[home].first].name;
	struct btf_file file;
	bool found = false;
	int err;

	err = btf_file_open(&file, modules[home].name, vmlinux);
	if (!err) {
		found = layout_take_home(home, &file.btf);
		btf_file_close(&file);
	} else if (err == -ENOENT && btf_find_struct(vmlinux, first, 0)) {
		found = layout_take_home(home, vmlinux);
	}
	return found;
}

static void resolve_module(enum layout_home home, const struct btf *vmlinux)
{
	store_refuse_home(home, LAYOUT_NO_STRUCT);
	if (vmlinux && from_btf(home, vmlinux))
		return;
	from_mirror(home);
}

void layout_modules_resolve_all(const struct btf *vmlinux)
{
	unsigned int home;

	for (home = 0; home < ARRAY_SIZE(modules); home++)
		if (modules[home].name)
			resolve_module(home, vmlinux);
}

static void resolve_some(unsigned long homes)
{
	struct btf_file vmlinux;
	unsigned int home;
	int err = layout_open_vmlinux(&vmlinux);

	for (home = 0; home < ARRAY_SIZE(modules); home++)
		if (homes & BIT(home))
			resolve_module(home, err ? NULL : &vmlinux.btf);
	if (!err)
		btf_file_close(&vmlinux);
	store_publish();
}

void layout_modules_refresh(void)
{
	unsigned long homes;

	if (!READ_ONCE(changed) || !peek_is_possible())
		return;
	mutex_lock(&refreshing);
	homes = xchg(&changed, 0);
	if (homes)
		resolve_some(homes);
	mutex_unlock(&refreshing);
}

/* ---- modules that come and go ---- */

static int module_changed(struct notifier_block *block, unsigned long state,
			  void *data)
{
	struct module *module = data;
	unsigned int home;

	/* It may make devices before it is live. */
	if (state == MODULE_STATE_UNFORMED)
		return NOTIFY_DONE;
	for (home = 0; home < ARRAY_SIZE(modules); home++)
		if (modules[home].name &&
		    !strcmp(module_name(module), modules[home].name))
			set_bit(home, &changed);
	return NOTIFY_DONE;
}

static struct notifier_block watch = { .notifier_call = module_changed };

int layout_modules_init(void)
{
	return register_module_notifier(&watch);
}

void layout_modules_exit(void)
{
	unregister_module_notifier(&watch);
}
