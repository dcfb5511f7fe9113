// SPDX-License-Identifier: GPL-2.0
/*
 * Copies one nbd device: what is needed of the device, its configuration, its
 * sockets and requests, and the facts that follow. When, and under which lock,
 * is the matter of device_take.c; printing comes later.
 */
#include <linux/module.h>
#include <linux/once.h>
#include <linux/random.h>
#include <linux/siphash.h>

#include "layout/layout.h"
#include "snapshot/device_copy.h"

static unsigned int max_sockets = SOCKETS_MAX;
module_param(max_sockets, uint, 0444);
MODULE_PARM_DESC(max_sockets, "Sockets of a device to look at, 1 to 65536");

/* Without a look at one, a device with sockets would pass for one without. */
u32 nbd_socket_limit(void)
{
	return clamp(max_sockets, 1U, SOCKETS_MAX);
}

/* ---- the device ---- */

static void snap_disk(struct nbd_device_snap *d, struct gendisk *disk)
{
	strscpy(d->name, disk->disk_name, sizeof(d->name));
	d->devt = disk_devt(disk);
	d->capacity = (u64)get_capacity(disk) << SECTOR_SHIFT;
	d->block_size = queue_logical_block_size(disk->queue);
	d->read_only = get_disk_ro(disk);
	d->openers = compat_disk_openers(disk);
	d->timeout_s = READ_ONCE(disk->queue->tag_set->timeout) / HZ;
}

static int get_int(const void *base, enum layout_member_id m)
{
	int value;

	return layout_get(&value, base, m) ? value : -1;
}

static void snap_backend(struct nbd_device_snap *d, const void *nbd)
{
	const char *backend;
	size_t i;

	if (!layout_get(&backend, nbd, LM_NBD_DEVICE_BACKEND))
		return;
	d->have_backend = true;
	if (!backend)
		return;
	for (i = 0; i < sizeof(d->backend) - 1; i++)
		if (!peek(&d->backend[i], &backend[i]) || !d->backend[i])
			break;
	d->backend[i] = '\0';
}

/*
 * 5.10 keeps the task that receives, later kernels the starter's number. While
 * it is not proved which of them this kernel has, both must say the same.
 */
static void snap_attached(struct nbd_snap *snap, const void *nbd)
{
	struct task_snap *task = &snap->device.attached_task, other;
	bool by_pid = layout_may_exist(LM_NBD_DEVICE_PID);
	bool by_task = layout_may_exist(LM_NBD_DEVICE_TASK_RECV);
	void *address;
	int pid;

	snap->facts.started = UNKNOWN;
	task->found = TASK_UNREADABLE;
	if ((by_pid && !layout_get(&pid, nbd, LM_NBD_DEVICE_PID)) ||
	    (by_task && !layout_get(&address, nbd, LM_NBD_DEVICE_TASK_RECV)))
		return;
	if (by_task)
		task_snap_address(&other, address);
	if (by_task && by_pid && (pid || address) && other.pid != pid)
		return;
	if (by_pid)
		task_snap_number(task, pid);
	else if (by_task)
		*task = other;
	if (task->found != TASK_UNREADABLE)
		snap->facts.started = task->found == TASK_NONE ? NO : YES;
}

/* Set by a start, and kept for as long as the number of who did it. */
static void started_by_flags(struct nbd_snap *snap)
{
	if (snap->facts.started == UNKNOWN && snap->config.have_runtime_flags)
		snap->facts.started = snap->config.runtime_flags &
				      BIT(RT_HAS_PID_FILE) ? YES : NO;
}

static void snap_setup(struct nbd_snap *snap, const void *nbd)
{
	struct task_snap *task = &snap->device.setup_task;
	void *address;

	snap->facts.starter = STARTER_UNKNOWN;
	task->found = TASK_UNREADABLE;
	if (!layout_get(&address, nbd, LM_NBD_DEVICE_TASK_SETUP))
		return;
	task_snap_address(task, address);
	if (task->found == TASK_NONE)
		snap->facts.starter = STARTER_NONE;
	else if (task->found == TASK_GONE)
		snap->facts.starter = STARTER_GONE;
	else
		snap->facts.starter = STARTER_ALIVE;
}

static void snap_device(struct nbd_snap *snap, const void *nbd)
{
	struct nbd_device_snap *d = &snap->device;

	d->index = get_int(nbd, LM_NBD_DEVICE_INDEX);
	d->refs = get_int(nbd, LM_NBD_DEVICE_REFS);
	d->config_refs = get_int(nbd, LM_NBD_DEVICE_CONFIG_REFS);
	d->have_flags = layout_get(&d->flags, nbd, LM_NBD_DEVICE_FLAGS);
	snap->facts.removed = !d->refs;
	snap_setup(snap, nbd);
	snap_attached(snap, nbd);
	snap_backend(d, nbd);
}

/* ---- the configuration ---- */

static s64 snap_block_size(const void *config)
{
	bool by_bits = layout_may_exist(LM_NBD_CONFIG_BLKSIZE_BITS);
	bool by_size = layout_may_exist(LM_NBD_CONFIG_BLKSIZE);
	s64 size = -1;
	u32 bits = 0;

	if ((by_bits && (!layout_get(&bits, config,
				     LM_NBD_CONFIG_BLKSIZE_BITS) ||
			 bits >= 32)) ||
	    (by_size && !layout_get(&size, config, LM_NBD_CONFIG_BLKSIZE)) ||
	    (by_bits && by_size && size != 1LL << bits))
		return -1;
	return by_bits ? 1LL << bits : size;
}

static void snap_config(struct nbd_config_snap *c, const void *config)
{
	u64 jiffies_count;

	c->have_flags = layout_get(&c->flags, config, LM_NBD_CONFIG_FLAGS);
	c->have_runtime_flags = layout_get(&c->runtime_flags, config,
					   LM_NBD_CONFIG_RUNTIME_FLAGS);
	c->dead_conn_timeout_s = -1;
	if (layout_get(&jiffies_count, config, LM_NBD_CONFIG_DEAD_CONN_TIMEOUT))
		c->dead_conn_timeout_s = div_u64(jiffies_count, HZ);
	if (!layout_get(&c->size, config, LM_NBD_CONFIG_BYTESIZE))
		c->size = -1;
	c->block_size = snap_block_size(config);
	c->num_connections = get_int(config, LM_NBD_CONFIG_NUM_CONNECTIONS);
	c->live_connections = get_int(config, LM_NBD_CONFIG_LIVE_CONNECTIONS);
	c->recv_threads = get_int(config, LM_NBD_CONFIG_RECV_THREADS);
}

/*
 * Neither the address of a configuration nor the number of a socket comes
 * again soon, and both together hardly ever. A hash with a key, so that no
 * address leaks.
 */
static void snap_generation(struct generation_snap *g, const void *config)
{
	static siphash_key_t key;
	void **socks, *first;
	unsigned long inode;
	int nr, cookie;

	nr = get_int(config, LM_NBD_CONFIG_NUM_CONNECTIONS);
	if (nr < 0)
		return;
	g->why_unknown = nr ? "unreadable" : "no-sockets";
	if (layout_status_of(LM_NBD_SOCK_COOKIE) == LAYOUT_UNPROVED && nr)
		g->why_unknown = "layout-unproved";
	if (!nr || !layout_get(&socks, config, LM_NBD_CONFIG_SOCKS) ||
	    !peek(&first, &socks[0]) ||
	    !sock_identity(&inode, &cookie, first))
		return;
	get_random_once(&key, sizeof(key));
	g->number = siphash_3u64((unsigned long)config, inode, cookie, &key);
	g->why_unknown = NULL;
}

/* ---- its sockets ---- */

/* Compares with the first socket whose other end has a name. */
static void compare_peers(struct nbd_snap *snap, const struct sock_snap *s,
			  const struct sock_snap **first)
{
	if (s->peer.kind == ADDR_UNKNOWN || s->peer.kind == ADDR_UNNAMED)
		return;
	snap->peers_named++;
	if (!*first)
		*first = s;
	else if (s->peer.kind != (*first)->peer.kind ||
		 s->peer.len != (*first)->peer.len ||
		 memcmp(s->peer.bytes, (*first)->peer.bytes, s->peer.len))
		snap->peers_differing++;
}

/* A process has the socket if its file has more references than nbd's one. */
static void count_socket(struct nbd_facts *facts, enum tristate dead, long refs)
{
	if (dead == UNKNOWN)
		facts->why_unknown =
			layout_status_of(LM_NBD_SOCK_DEAD) == LAYOUT_UNPROVED ?
			"layout-unproved" : "unreadable";
	else if (dead == YES)
		facts->dead++;
	else if (refs > 1)
		facts->held++;
	else if (refs < 0 && !facts->receivers)
		facts->why_unknown = "unreadable";
}

static void snap_one_full(struct nbd_sockets_walk *walk, const void *nsock)
{
	struct nbd_snap *snap = walk->snap;
	struct sock_snap *s = &snap->sockets[snap->shown++];

	sock_snap_take(s, nsock);
	count_socket(&snap->facts, s->dead, s->file_refs);
	compare_peers(snap, s, &walk->first);
}

/* With receivers running the state does not depend on who holds a socket. */
static void snap_one_brief(struct nbd_facts *facts, const void *nsock)
{
	enum tristate dead = sock_is_dead(nsock);
	long refs = 1;

	if (dead == NO && !facts->receivers)
		refs = sock_file_refs(nsock);
	count_socket(facts, dead, refs);
}

static bool snap_one(const void *nsock, void *data)
{
	struct nbd_sockets_walk *walk = data;
	struct nbd_snap *snap = walk->snap;

	if (snap->sockets && snap->shown < snap->room)
		snap_one_full(walk, nsock);
	else
		snap_one_brief(&snap->facts, nsock);
	return true;
}

static bool each_socket_from(const void *config, u32 from, u32 to,
			     bool (*fn)(const void *nsock, void *data),
			     void *data)
{
	void **socks, *nsock;
	u32 i;

	if (!layout_get(&socks, config, LM_NBD_CONFIG_SOCKS))
		return false;
	for (i = from; i < to; i++) {
		if (!peek(&nsock, &socks[i]) || !fn(nsock, data))
			return false;
		if (!(i % 1024))
			cond_resched();
	}
	return true;
}

bool nbd_each_socket(const void *config, u32 nr,
		     bool (*fn)(const void *nsock, void *data), void *data)
{
	return each_socket_from(config, 0, nr, fn, data);
}

bool nbd_copy_sockets(struct nbd_sockets_walk *walk, const void *config,
		      u32 from, u32 to)
{
	return each_socket_from(config, from, to, snap_one, walk);
}

bool nbd_is_same_config(const struct nbd_snap *snap, const void *nbd,
			const void *config)
{
	struct generation_snap generation = {};
	struct nbd_config_snap now;
	const void *its_config;

	memset(&now, 0, sizeof(now));
	if (!layout_get(&its_config, nbd, LM_NBD_DEVICE_CONFIG) ||
	    its_config != config)
		return false;
	snap_config(&now, config);
	snap_generation(&generation, config);
	/* Another one may be at the same address, with the same figures. */
	return !memcmp(&now, &snap->config, sizeof(now)) &&
	       generation.number == snap->generation.number;
}

bool nbd_is_same_starter(const struct nbd_snap *snap, const void *nbd)
{
	const void *address;

	return snap->facts.starter == STARTER_NONE ||
	       snap->facts.starter == STARTER_GONE ||
	       (layout_get(&address, nbd, LM_NBD_DEVICE_TASK_SETUP) &&
		address == snap->device.setup_task.task);
}

/* ---- all together ---- */

/* Of what a layout did not give. */
static const char *layout_reason(enum layout_status status)
{
	switch (status) {
	case LAYOUT_DISPROVED:
		return "layout-disproved";
	case LAYOUT_UNPROVED:
		return "layout-unproved";
	default:
		return "layout-unavailable";
	}
}

static void config_facts(struct nbd_snap *snap, const void *config)
{
	static const enum layout_member_id needed[] = {
		LM_NBD_CONFIG_RUNTIME_FLAGS, LM_NBD_CONFIG_NUM_CONNECTIONS,
		LM_NBD_CONFIG_RECV_THREADS,
	};
	struct nbd_config_snap *c = &snap->config;
	struct nbd_facts *f = &snap->facts;
	enum layout_status status = layout_check_config(config);

	if (status != LAYOUT_OK) {
		f->why_unknown = layout_reason(status);
		return;
	}
	snap_config(c, config);
	if (!c->have_runtime_flags || c->num_connections < 0 ||
	    c->recv_threads < 0) {
		status = layout_status_of_all(needed, ARRAY_SIZE(needed));
		f->why_unknown = layout_reason(status);
		return;
	}
	started_by_flags(snap);
	f->disconnected = c->runtime_flags & BIT(RT_DISCONNECTED);
	f->bound = c->runtime_flags & BIT(RT_BOUND);
	f->sockets = min_t(u32, c->num_connections, nbd_socket_limit());
	f->receivers = c->recv_threads;
}

/* Return: the configuration, if there is one. */
const void *nbd_copy(struct nbd_snap *snap, struct gendisk *disk)
{
	static const enum layout_member_id needed[] = {
		LM_NBD_DEVICE_CONFIG, LM_NBD_DEVICE_CONFIG_REFS,
	};
	const void *nbd = disk->private_data, *config = NULL;
	enum layout_status status;

	snap_device(snap, nbd);
	if (!layout_get(&config, nbd, LM_NBD_DEVICE_CONFIG) ||
	    snap->device.config_refs < 0) {
		status = layout_status_of_all(needed, ARRAY_SIZE(needed));
		snap->facts.why_unknown = layout_reason(status);
	} else if (config) {
		snap->facts.config = true;
		snap_generation(&snap->generation, config);
		config_facts(snap, config);
	} else {
		snap->generation.why_unknown = "no-config";
	}
	return config;
}

static void clear_config(struct nbd_config_snap *c)
{
	c->dead_conn_timeout_s = -1;
	c->size = -1;
	c->block_size = -1;
	c->num_connections = -1;
	c->live_connections = -1;
	c->recv_threads = -1;
}

/* Everything that a second try must not find from the first one. */
void nbd_snap_clear(struct nbd_snap *snap, struct gendisk *disk)
{
	struct open_devices *opens = snap->opens;
	struct sock_snap *sockets = snap->sockets;
	u32 room = snap->room;

	memset(snap, 0, sizeof(*snap));
	snap->opens = opens;
	snap->sockets = sockets;
	snap->room = room;
	snap->facts.inflight = -1;
	snap->generation.why_unknown = "layout-unavailable";
	snap->device.index = -1;
	snap->device.refs = -1;
	snap->device.config_refs = -1;
	clear_config(&snap->config);
	snap_disk(&snap->device, disk);
}

/* Return: config_lock, or NULL, with the reason, if nothing more can be known. */
struct mutex *nbd_proved_lock(struct nbd_snap *snap, struct gendisk *disk)
{
	enum layout_status status = layout_check_disk(disk);
	struct mutex *lock = layout_config_lock(disk);

	if (status == LAYOUT_OK && lock)
		return lock;
	if (status == LAYOUT_OK)
		status = layout_status_of(LM_NBD_DEVICE_CONFIG_LOCK);
	snap->facts.why_unknown = layout_reason(status);
	snap->generation.why_unknown = snap->facts.why_unknown;
	snap->requests.why_unknown = snap->facts.why_unknown;
	snap->facts.started = UNKNOWN;
	snap->facts.starter = STARTER_UNKNOWN;
	snap->device.setup_task.found = TASK_UNREADABLE;
	snap->device.attached_task.found = TASK_UNREADABLE;
	snap->lock_holder.found = TASK_UNREADABLE;
	return NULL;
}

/* No lock keeps requests, so none is held to look at them. */
void nbd_copy_requests(struct nbd_snap *snap, struct gendisk *disk,
		       struct symbol_cache *functions)
{
	requests_snap_take(&snap->requests, disk, functions);
	/* Not by "?:", which would make an unsigned number of -1. */
	if (snap->requests.why_unknown)
		snap->facts.inflight = -1;
	else
		snap->facts.inflight = snap->requests.inflight;
}

/* How many sockets there are now; without a lock, so only to allocate. */
u32 nbd_sockets_now(struct gendisk *disk)
{
	void *config;
	int nr;

	if (layout_check_disk(disk) != LAYOUT_OK ||
	    !layout_get(&config, disk->private_data, LM_NBD_DEVICE_CONFIG))
		return 0;
	nr = get_int(config, LM_NBD_CONFIG_NUM_CONNECTIONS);
	return clamp(nr, 0, (int)nbd_socket_limit());
}
