// SPDX-License-Identifier: GPL-2.0
/*
 * Real BTF: each machine's images, compared member by member with what pahole
 * says about them. The machines are those that mkbtf made up (NBDDIAG_SEED_DIR)
 * and, where given, real kernels (NBDDIAG_BTF_DIR).
 */
#include <dirent.h>
#include <unistd.h>

#include "unit.h"

#include "layout_build.h"

#define MAX_MACHINES 64
#define ENDING ".vmlinux.btf"

struct machine {
	char core_path[512];
	char nbd_path[512];	/* empty if nbd has no BTF of its own */
	bool nbd_described;
	bool real;
	struct image core;
	struct image nbd;
	struct layout_table table;
};

/* What pahole says about the structs of one image. */
struct oracle {
	char name[80];
	u32 offset;		/* or a struct's size */
	u32 size;
};

static struct machine machines[MAX_MACHINES];
static u32 nr_machines;
static struct CMUnitTest tests[2 * MAX_MACHINES + 2];
static u32 nr_tests;

/* What members.h lists although not every kernel has it. */
static bool is_optional(u32 m)
{
	return m == LM_NBD_DEVICE_TASK_RECV || m == LM_NBD_DEVICE_PID ||
	       m == LM_NBD_DEVICE_BACKEND || m == LM_NBD_CONFIG_BLKSIZE ||
	       m == LM_NBD_CONFIG_BLKSIZE_BITS ||
	       m == LM_KIOCTX_RING_PAGES || m == LM_KIOCTX_RING_FOLIOS ||
	       m == LM_KMEM_CACHE_RANDOM || m == LM_KMEM_CACHE_CPU_SLAB ||
	       m == LM_KMEM_CACHE_CPU_SHEAVES || m == LM_KMEM_CACHE_PER_NODE ||
	       m == LM_IO_KIOCB_TASK || m == LM_IO_KIOCB_TCTX ||
	       m == LM_IO_URING_TASK_TASK ||
	       m == LM_BLK_MQ_TAGS_OWN_BITMAP_TAGS ||
	       m == LM_THROTL_QNODE_BIOS || m == LM_THROTL_QNODE_BIOS_BPS ||
	       m == LM_THROTL_QNODE_BIOS_IOPS ||
	       m == LM_RQ_QOS_WAIT_DATA_TASK ||
	       m == LM_IO_URING_TASK_IN_CANCEL || m == LM_GENDISK_BDI ||
	       m == LM_REQUEST_QUEUE_BACKING_DEV_INFO ||
	       m == LM_IO_URING_TASK_IN_IDLE || m == LM_GENDISK_OPEN_MUTEX ||
	       m == LM_REQUEST_QUEUE_SYSFS_DIR_LOCK ||
	       m == LM_REQUEST_QUEUE_LIMITS_LOCK ||
	       m == LM_REQUEST_QUEUE_ELEVATOR_LOCK ||
	       m == LM_REQUEST_QUEUE_RQ_QOS_MUTEX ||
	       m == LM_REQUEST_QUEUE_BLKCG_MUTEX ||
	       m == LM_WORKER_CURRENT_COLOR ||
	       m == LM_BLOCK_DEVICE_BD_MUTEX ||
	       m == LM_BLOCK_DEVICE_BD_HOLDER_LOCK ||
	       m == LM_ADDRESS_SPACE_INVALIDATE_LOCK ||
	       m == LM_IO_URING_TASK_REGISTERED_RINGS ||
	       m == LM_IO_RING_CTX_CQ_EXTRA ||
	       m == LM_IO_RING_CTX_NR_REQ_ALLOCATED ||
	       m == LM_IO_RING_CTX_SUBMIT_STATE ||
	       m == LM_IO_SUBMIT_STATE_FREE_LIST ||
	       m == LM_IO_RING_CTX_CANCEL_HASH ||
	       m == LM_IO_RING_CTX_CANCEL_HASH_BITS ||
	       m == LM_IO_RING_CTX_CANCEL_TABLE ||
	       m == LM_IO_RING_CTX_CANCEL_TABLE_LOCKED;
}

/* Those of other modules than nbd are in no image here. */
static bool is_elsewhere(u32 st)
{
	return layout_struct_specs[st].home != LAYOUT_HOME_NBD &&
	       layout_struct_specs[st].home != LAYOUT_HOME_CORE;
}

static bool is_optional_struct(u32 st)
{
	return st == LS_AIO_INODE_INFO || st == LS_SLAB ||
	       st == LS_IO_SUBMIT_STATE ||
	       st == LS_KMEM_CACHE_CPU || st == LS_KMEM_CACHE_PER_NODE_PTRS ||
	       st == LS_SLUB_PERCPU_SHEAVES || st == LS_SLAB_SHEAF ||
	       st == LS_NODE_BARN || st == LS_IOMAP_DIO_SIMPLE ||
	       st == LS_IO_HASH_TABLE || st == LS_IO_HASH_BUCKET ||
	       is_elsewhere(st);
}

/* The image that describes a struct. */
static struct image *home(struct machine *on, u32 st)
{
	if (layout_struct_specs[st].home == LAYOUT_HOME_NBD && *on->nbd_path)
		return &on->nbd;
	return &on->core;
}

static void name_member(char *buf, size_t size, u32 m)
{
	const struct layout_member_spec *spec = &layout_member_specs[m];

	snprintf(buf, size, "%s.%s", layout_struct_specs[spec->st].name,
		 spec->name);
}

/* --- the oracle --- */

static u32 ask_oracle(struct machine *on, u32 st, struct oracle *said, u32 max)
{
	bool split = home(on, st) == &on->nbd;
	char cmd[2048], line[256];
	u32 nr = 0;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "'%s' '%s' '%s' %s", ORACLE,
		 split ? on->nbd_path : on->core_path,
		 split ? on->core_path : "-", layout_struct_specs[st].name);
	f = popen(cmd, "r");
	assert_non_null(f);
	while (nr < max && fgets(line, sizeof(line), f)) {
		said[nr].size = 0;
		if (sscanf(line, "%79s %u %u", said[nr].name,
			   &said[nr].offset, &said[nr].size) >= 2)
			nr++;
	}
	assert_int_equal(pclose(f), 0);
	return nr;
}

static const struct oracle *look_up(const struct oracle *said, u32 nr,
				    const char *name)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!strcmp(said[i].name, name))
			return &said[i];
	return NULL;
}

static void compare_member(struct machine *on, u32 m,
			   const struct oracle *want)
{
	char name[160];

	name_member(name, sizeof(name), m);
	if (!want) {
		if (on->table.m[m].status != LAYOUT_NO_MEMBER ||
		    !is_optional(m))
			fail_msg("%s: %s, but not known to pahole", name,
				 layout_status_text(on->table.m[m].status));
		return;
	}
	if (on->table.m[m].status != LAYOUT_OK)
		fail_msg("%s: %s", name,
			 layout_status_text(on->table.m[m].status));
	if (on->table.m[m].offset != want->offset ||
	    on->table.m[m].size != want->size)
		fail_msg("%s: offset %u size %u, pahole says %u and %u", name,
			 on->table.m[m].offset, on->table.m[m].size,
			 want->offset, want->size);
}

static void compare_struct(struct machine *on, u32 st)
{
	struct oracle said[128];
	const struct oracle *want;
	char name[160];
	u32 nr, m;

	nr = ask_oracle(on, st, said, ARRAY_SIZE(said));
	want = look_up(said, nr, layout_struct_specs[st].name);
	if (!want && is_optional_struct(st)) {
		assert_int_equal(on->table.st[st].status, LAYOUT_NO_STRUCT);
		return;
	}
	if (!want)
		fail_msg("pahole knows no struct %s",
			 layout_struct_specs[st].name);
	assert_int_equal(on->table.st[st].status, LAYOUT_OK);
	assert_int_equal(on->table.st[st].size, want->offset);
	for (m = 0; m < LM_NR; m++) {
		if (layout_member_specs[m].st != st)
			continue;
		name_member(name, sizeof(name), m);
		compare_member(on, m, look_up(said, nr, name));
	}
}

static void open_machine(struct machine *on)
{
	u32 st;

	image_read(&on->core, on->core_path);
	assert_int_equal(image_open(&on->core, NULL), 0);
	if (*on->nbd_path) {
		image_read(&on->nbd, on->nbd_path);
		assert_int_equal(image_open(&on->nbd, &on->core), 0);
	}
	for (st = 0; st < LS_NR; st++)
		layout_resolve(&on->table, &home(on, st)->btf, st);
}

static int close_machine(void **state)
{
	struct machine *on = *state;

	image_free(&on->core);
	image_free(&on->nbd);
	return 0;
}

static void resolves_as_pahole_says(void **state)
{
	struct machine *on = *state;
	u32 st;

	open_machine(on);
	for (st = 0; st < LS_NR; st++) {
		/* The oldest kernels have no BTF of modules. */
		if (layout_struct_specs[st].home == LAYOUT_HOME_NBD &&
		    !on->nbd_described) {
			assert_int_equal(on->table.st[st].status,
					 LAYOUT_NO_STRUCT);
			continue;
		}
		compare_struct(on, st);
	}
}

/* --- damage --- */

static void damage(const struct image *whole, const struct image *base)
{
	static const u8 masks[] = { 0x01, 0x10, 0x80, 0xff };
	struct image img;
	u32 i, k;

	image_copy(&img, whole->data, whole->size);
	for (i = 0; i < img.size; i++) {
		for (k = 0; k < ARRAY_SIZE(masks); k++) {
			img.data[i] ^= masks[k];
			if (!image_open(&img, base))
				assert_true(layout_consistent(&img.btf));
			img.data[i] ^= masks[k];
		}
	}
	image_free(&img);
	for (i = 0; i < whole->size; i++) {
		image_copy(&img, whole->data, i);
		assert_int_not_equal(image_open(&img, base), 0);
		image_free(&img);
	}
}

static void survives_damage(void **state)
{
	struct machine *on = *state;

	open_machine(on);
	damage(&on->core, NULL);
	if (*on->nbd_path)
		damage(&on->nbd, &on->core);
}

/* --- all machines together --- */

/* A member that no machine has is a misspelt one. */
static void every_member_is_somewhere(void **state)
{
	bool found[LM_NR] = { false };
	char name[160];
	u32 i, m;

	for (i = 0; i < nr_machines; i++)
		for (m = 0; m < LM_NR; m++)
			if (machines[i].table.m[m].status == LAYOUT_OK)
				found[m] = true;
	for (m = 0; m < LM_NR; m++) {
		name_member(name, sizeof(name), m);
		if (!found[m] && !is_elsewhere(layout_member_specs[m].st))
			fail_msg("%s is on no machine", name);
	}
}

static void skipped(void **state)
{
	skip();
}

static void no_machines(void **state)
{
	fail_msg("no *" ENDING " in %s", (const char *)*state);
}

static void add_test(const char *what, const char *name, CMUnitTestFunction f,
		     void *state)
{
	struct CMUnitTest *test = &tests[nr_tests++];
	char buf[256];

	snprintf(buf, sizeof(buf), "%s%s", name, what);
	test->name = strdup(buf);
	test->test_func = f;
	test->teardown_func = f == resolves_as_pahole_says ||
			      f == survives_damage ? close_machine : NULL;
	test->initial_state = state;
}

static int is_core(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > strlen(ENDING) &&
	       !strcmp(entry->d_name + len - strlen(ENDING), ENDING);
}

static void add_machine(const char *dir, const char *file, bool real)
{
	struct machine *on = &machines[nr_machines++];
	int len = strlen(file) - strlen(ENDING);
	char name[256];

	snprintf(name, sizeof(name), "%s %.*s ", real ? "kernel" : "seed", len,
		 file);
	snprintf(on->core_path, sizeof(on->core_path), "%s/%s", dir, file);
	snprintf(on->nbd_path, sizeof(on->nbd_path), "%s/%.*s.nbd.btf", dir,
		 len, file);
	if (access(on->nbd_path, F_OK))
		on->nbd_path[0] = '\0';
	/* The made-up machines without a split image have nbd built in. */
	on->nbd_described = *on->nbd_path || !real;
	add_test("resolves_as_pahole_says", name, resolves_as_pahole_says, on);
	if (!real)
		add_test("survives_damage", name, survives_damage, on);
}

static void add_machines(char *dir, bool real)
{
	struct dirent **entries;
	int nr, i;

	nr = scandir(dir, &entries, is_core, alphasort);
	if (nr <= 0 || nr_machines + nr > MAX_MACHINES) {
		add_test("no_machines", "", no_machines, dir);
		return;
	}
	for (i = 0; i < nr; i++) {
		add_machine(dir, entries[i]->d_name, real);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	char *seeds = getenv("NBDDIAG_SEED_DIR");
	char *kernels = getenv("NBDDIAG_BTF_DIR");
	int failed;
	u32 i;

	if (!seeds) {
		fprintf(stderr, "real_test: NBDDIAG_SEED_DIR is not set\n");
		return 2;
	}
	add_machines(seeds, false);
	if (kernels && *kernels)
		add_machines(kernels, true);
	else
		add_test("resolves_as_pahole_says (no NBDDIAG_BTF_DIR)",
			 "kernels ", skipped, NULL);
	add_test("every_member_is_somewhere", "", every_member_is_somewhere,
		 NULL);
	failed = _cmocka_run_group_tests("real", tests, nr_tests, NULL, NULL);
	for (i = 0; i < nr_tests; i++)
		free((char *)tests[i].name);
	return failed;
}
