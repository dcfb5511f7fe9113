// SPDX-License-Identifier: GPL-2.0
/*
 * Forged devices: copies of a real one, the first that there is, with something
 * in them that cannot be. Each has a file like those of real devices, so that
 * what is printed can be looked at; the knob's code gets them too.
 */
#include <linux/debugfs.h>
#include <linux/slab.h>

#include <net/sock.h>

#include "knob/actions.h"
#include "snapshot/device.h"
#include "snapshot/disks.h"
#include "text/files.h"

#include "hostile.h"

#define NSOCKS 8

struct fake {
	struct gendisk disk;
	struct request_queue queue;
	u8 nbd[4096] __aligned(8);
	u8 config[512] __aligned(8);
	void *socks[NSOCKS];
	u8 nsock[NSOCKS][256] __aligned(8);
	struct socket socket;
	struct file file;
	struct inode inode;
	struct sock sk;
};

/* ---- a copy of a real device ---- */

static struct gendisk *first_disk;

static void note_disk(struct gendisk *disk, void *unused)
{
	first_disk = disk;
}

/* Where the last member ends that anybody looks at. */
static size_t device_size(void)
{
	size_t end = 0, at, size;
	unsigned int m;

	for (m = 0; m < LM_NR; m++) {
		if (layout_member_specs[m].st != LS_NBD_DEVICE ||
		    layout_status_of(m) != LAYOUT_OK)
			continue;
		at = layout_offset(m);
		size = m == LM_NBD_DEVICE_TAG_SET ?
			sizeof(struct blk_mq_tag_set) :
			m == LM_NBD_DEVICE_CONFIG_LOCK ? sizeof(struct mutex) :
			layout_member_specs[m].size;
		end = max(end, at + size);
	}
	return end;
}

static struct blk_mq_tag_set *set_of(struct fake *f)
{
	return forge_at(f->nbd, LM_NBD_DEVICE_TAG_SET);
}

static struct mutex *lock_of(struct fake *f)
{
	return forge_at(f->nbd, LM_NBD_DEVICE_CONFIG_LOCK);
}

/* Free, with a configuration that somebody has open and no socket. */
static int copy_device(struct fake *f)
{
	size_t size = device_size();

	if (!size || size > sizeof(f->nbd))
		return -EINVAL;
	memcpy(&f->disk, first_disk, sizeof(f->disk));
	memcpy(&f->queue, first_disk->queue, sizeof(f->queue));
	memcpy(f->nbd, first_disk->private_data, size);
	f->disk.private_data = f->nbd;
	f->disk.queue = &f->queue;
	f->queue.tag_set = set_of(f);
	set_of(f)->driver_data = f->nbd;
	/* The requests in its tables name the first disk's device. */
	set_of(f)->nr_hw_queues = 0;
	mutex_init(lock_of(f));
	forge(f->nbd, LM_NBD_DEVICE_DISK, (void *)&f->disk);
	forge(f->nbd, LM_NBD_DEVICE_CONFIG, (void *)f->config);
	forge(f->nbd, LM_NBD_DEVICE_CONFIG_REFS, 1);
	forge(f->nbd, LM_NBD_DEVICE_TASK_SETUP, (void *)NULL);
	init_waitqueue_head((wait_queue_head_t *)
			    forge_at(f->config, LM_NBD_CONFIG_CONN_WAIT));
	init_waitqueue_head((wait_queue_head_t *)
			    forge_at(f->config, LM_NBD_CONFIG_RECV_WQ));
	return 0;
}

static const void *unmapped(void)
{
	return (char *)lent + LENT_SIZE;
}

static void set_socks(struct fake *f, const void *socks, int nr)
{
	forge(f->config, LM_NBD_CONFIG_SOCKS, socks);
	forge(f->config, LM_NBD_CONFIG_NUM_CONNECTIONS, nr);
	forge(f->config, LM_NBD_CONFIG_LIVE_CONNECTIONS, nr);
}

/* ---- what is wrong with them ---- */

static void make_right(struct fake *f)
{
}

static void make_no_config(struct fake *f)
{
	forge(f->nbd, LM_NBD_DEVICE_CONFIG, unmapped());
}

static void make_no_socks(struct fake *f)
{
	set_socks(f, unmapped(), 5);
}

static void make_bad_socks(struct fake *f)
{
	unsigned int i;

	for (i = 0; i < NSOCKS; i++)
		f->socks[i] = (void *)bad[i].address;
	f->socks[0] = (void *)unmapped();
	set_socks(f, f->socks, NSOCKS);
}

static void make_countless(struct fake *f)
{
	set_socks(f, f->socks, INT_MAX);
}

static void make_negative(struct fake *f)
{
	set_socks(f, f->socks, -2);
}

static void make_not_sockets(struct fake *f)
{
	unsigned int i;

	for (i = 0; i < NSOCKS; i++) {
		f->socks[i] = f->nsock[i];
		forge(f->nsock[i], LM_NBD_SOCK_SOCK, (void *)lent_direct);
	}
	set_socks(f, f->socks, NSOCKS);
}

static void make_strange(struct fake *f)
{
	forge(f->nbd, LM_NBD_DEVICE_TASK_SETUP, unmapped());
	forge(f->nbd, LM_NBD_DEVICE_TASK_RECV, unmapped());
	forge(f->nbd, LM_NBD_DEVICE_PID, -17);
	forge(f->nbd, LM_NBD_DEVICE_BACKEND, unmapped());
	set_socks(f, f->socks, 0);
}

/* Held by a task that never was; and its requests cannot be looked at. */
static void make_held(struct fake *f)
{
	atomic_long_t word = ATOMIC_LONG_INIT((long)unmapped() & ~7L);

	memcpy((void *)compat_mutex_owner_word(lock_of(f)), &word,
	       sizeof(word));
	*(const void **)&set_of(f)->tags = unmapped();
	set_of(f)->nr_hw_queues = 1;
}

static void make_unlinked(struct fake *f)
{
	wait_queue_head_t *wait = forge_at(f->config, LM_NBD_CONFIG_RECV_WQ);

	wait->head.next = (void *)unmapped();
}

static void make_contradicting(struct fake *f)
{
	forge(f->config, LM_NBD_CONFIG_RECV_THREADS, 3);
}

static struct lending {
	const char *name;
	void (*make)(struct fake *f);
	enum nbd_state state;
	struct fake *fake;
	struct dentry *file;
} lendings[] = {
	{ "right", make_right, NBD_STATE_OPENED },
	{ "no-config", make_no_config, NBD_STATE_UNKNOWN },
	{ "no-socks", make_no_socks, NBD_STATE_UNKNOWN },
	{ "bad-socks", make_bad_socks, NBD_STATE_UNKNOWN },
	{ "countless", make_countless, NBD_STATE_UNKNOWN },
	{ "negative", make_negative, NBD_STATE_UNKNOWN },
	{ "not-sockets", make_not_sockets, NBD_STATE_UNKNOWN },
	{ "strange", make_strange, NBD_STATE_UNKNOWN },
	{ "held", make_held, NBD_STATE_OPENED },
	{ "unlinked", make_unlinked, NBD_STATE_UNKNOWN },
	{ "contradicting", make_contradicting, NBD_STATE_UNKNOWN },
};

static int lend(struct lending *l, struct dentry *dir)
{
	int err;

	l->fake = kvzalloc(sizeof(*l->fake), GFP_KERNEL);
	if (!l->fake)
		return -ENOMEM;
	err = copy_device(l->fake);
	if (err)
		return err;
	l->make(l->fake);
	l->file = debugfs_create_file(l->name, 0400, dir, &l->fake->disk,
				      &text_device_fops);
	return 0;
}

int devices_lend(struct dentry *dir)
{
	struct dentry *lent_dir = debugfs_create_dir("lent", dir);
	unsigned long at = 0;
	unsigned int i;
	int err;

	if (!disks_call(&at, note_disk, NULL))
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(lendings); i++) {
		err = lend(&lendings[i], lent_dir);
		if (err) {
			devices_take_back();
			return err;
		}
	}
	return 0;
}

/* After their files have gone. */
void devices_take_back(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lendings); i++) {
		kvfree(lendings[i].fake);
		lendings[i].fake = NULL;
	}
}

/* ---- snapshots of them ---- */

static void test_states(struct verdicts *v)
{
	struct nbd_snap *snap;
	enum tristate attachable;
	enum nbd_state state;
	const char *reason;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lendings); i++) {
		test_begin(v);
		snap = nbd_snap_full(&lendings[i].fake->disk);
		if (IS_ERR(snap))
			return;
		state = nbd_state(&snap->facts, &reason);
		test_says(v, test_in_time(v) && state == lendings[i].state,
			  "%s: it is %s: %s", lendings[i].name,
			  nbd_state_text(state), reason);
		attachable = nbd_attachable(&snap->facts, &reason);
		test_says(v, (attachable == YES) ==
			  (lendings[i].make == make_right),
			  "%s: it is%s attachable: %s", lendings[i].name,
			  attachable == YES ? "" : " not", reason);
		nbd_snap_free(snap);
	}
}

/* Each pointer of a device and its configuration, and each bad one. */
static void test_members(struct verdicts *v, struct fake *f)
{
	static const enum layout_member_id members[] = {
		LM_NBD_DEVICE_CONFIG, LM_NBD_DEVICE_TASK_RECV,
		LM_NBD_DEVICE_TASK_SETUP, LM_NBD_DEVICE_BACKEND,
		LM_NBD_CONFIG_SOCKS,
	};
	struct nbd_snap *snap = kvzalloc(sizeof(*snap), GFP_KERNEL);
	unsigned int i, j, wrong = 0;
	const char *reason;

	for (i = 0; snap && i < ARRAY_SIZE(members); i++) {
		enum layout_member_id m = members[i];

		for (j = 0; j < bad_nr; j++) {
			memset(f, 0, sizeof(*f));
			copy_device(f);
			set_socks(f, f->socks, 3);
			forge(layout_member_specs[m].st == LS_NBD_DEVICE ?
			      f->nbd : f->config, m, bad[j].address);
			test_begin(v);
			nbd_snap_brief(snap, &f->disk, NULL);
			if (test_in_time(v) && (bad[j].readable ||
						!bad[j].address ||
			    nbd_state(&snap->facts, &reason) ==
						NBD_STATE_UNKNOWN))
				continue;
			wrong++;
			test_says(v, false, "%s: %s",
				  layout_member_specs[m].name, bad[j].name);
		}
	}
	test_says(v, snap && !wrong, "bad pointers in a device are unknown");
	kvfree(snap);
}

/* ---- the knob ---- */

/* A socket that passes for a stray, but whose lock nobody alive holds. */
static void make_stray(struct fake *f, const struct file *one)
{
	const void *owner = unmapped();

	f->socks[0] = f->nsock[0];
	forge(f->nsock[0], LM_NBD_SOCK_SOCK, (void *)&f->socket);
	memcpy(&f->file, one, sizeof(f->file));
	f->socket.file = &f->file;
	f->socket.sk = &f->sk;
	f->file.private_data = &f->socket;
	f->file.f_inode = &f->inode;
	f->inode.i_mode = S_IFSOCK;
	f->sk.sk_family = AF_UNIX;
	f->sk.sk_type = SOCK_STREAM;
	memcpy((void *)compat_mutex_owner_word(forge_at(f->nsock[0],
							LM_NBD_SOCK_TX_LOCK)),
	       &owner, sizeof(owner));
	set_socks(f, f->socks, 1);
}

/* Return: true if nothing was written. */
static bool shut(struct fake *f, enum cleanup_verdict *verdict)
{
	struct nbd_snap *snap = kvzalloc(sizeof(*snap), GFP_KERNEL);
	struct fake *before = kvmalloc(sizeof(*before), GFP_KERNEL);
	bool same = false;
	u32 nr = 0;

	if (snap && before) {
		memcpy(before, f, sizeof(*before));
		mutex_lock(lock_of(f));
		nbd_snap_held(snap, &f->disk, true);
		*verdict = cleanup_shut_strays(&f->disk, snap, &nr);
		mutex_unlock(lock_of(f));
		same = !nr && !memcmp(before->config, f->config,
				      sizeof(f->config)) &&
		       !memcmp(before->nsock, f->nsock, sizeof(f->nsock));
	}
	kvfree(before);
	kvfree(snap);
	return same;
}

static void test_knob(struct verdicts *v, struct fake *f)
{
	enum cleanup_verdict verdict = CLEANUP_OK;
	struct file *one;
	unsigned int i;
	bool same;

	for (i = 0; i < ARRAY_SIZE(lendings); i++) {
		if (lendings[i].make == make_held)
			continue;
		test_begin(v);
		same = shut(lendings[i].fake, &verdict);
		test_says(v, same && test_in_time(v),
			  "%s: the knob writes nothing: %s", lendings[i].name,
			  cleanup_meaning(verdict)->word);
	}
	one = filp_open("/dev/null", O_RDONLY, 0);
	if (IS_ERR(one))
		return;
	memset(f, 0, sizeof(*f));
	copy_device(f);
	make_stray(f, one);
	test_says(v, socket_file_refs(f->nsock[0]) == 1 && socket_of(f->nsock[0]),
		  "what is forged passes for a stray");
	same = shut(f, &verdict);
	test_says(v, same && verdict == CLEANUP_INCONSISTENT,
		  "the knob touches no socket whose lock a dead task holds: %s",
		  cleanup_meaning(verdict)->word);
	filp_close(one, NULL);
}

void test_devices(struct verdicts *v)
{
	struct fake *f = kvzalloc(sizeof(*f), GFP_KERNEL);

	if (!f) {
		test_says(v, false, "no memory");
		return;
	}
	test_states(v);
	test_members(v, f);
	test_knob(v, f);
	kvfree(f);
}
