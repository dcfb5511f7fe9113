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
	d->openers = known_count(compat_disk_openers(disk));
	d->timeout_s = READ_ONCE(disk->queue->tag_set->timeout) / HZ;
}

/* Of two members of which a kernel has one, that one. */
static enum layout_member_id one_of(enum layout_member_id a,
				    enum layout_member_id b)
{
	return layout_may_exist(a) || !layout_may_exist(b) ? a : b;
}

static void snap_backend(struct nbd_device_snap *d, const void *nbd)
{
	const char *backend;
	size_t i;

	d->why_no_backend = layout_why(LM_NBD_DEVICE_BACKEND);
	if (!layout_get(&backend, nbd, LM_NBD_DEVICE_BACKEND))
		return;
	d->why_no_backend = NULL;
	if (!backend)
		return;
	for (i = 0; i < sizeof(d->backend) - 1; i++)
		if (!peek(&d->backend[i], &backend[i]) || !d->backend[i])
			break;
	d->backend[i] = '\0';
}

static const char *why_not_attached(void)
{
	return layout_why(one_of(LM_NBD_DEVICE_PID, LM_NBD_DEVICE_TASK_RECV));
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
	task_snap_unreadable(task, why_not_attached());
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
	const struct known *flags = &snap->config.runtime_flags;

	if (snap->facts.started == UNKNOWN && !flags->why_not)
		snap->facts.started = flags->value & BIT(RT_HAS_PID_FILE) ?
			YES : NO;
}

static void snap_setup(struct nbd_snap *snap, const void *nbd)
{
	struct task_snap *task = &snap->device.setup_task;
	void *address;

	snap->facts.starter = STARTER_UNKNOWN;
	task_snap_unreadable(task, layout_why(LM_NBD_DEVICE_TASK_SETUP));
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

	d->index = layout_count(nbd, LM_NBD_DEVICE_INDEX);
	d->refs = layout_count(nbd, LM_NBD_DEVICE_REFS);
	d->config_refs = layout_count(nbd, LM_NBD_DEVICE_CONFIG_REFS);
	d->flags = layout_unsigned(nbd, LM_NBD_DEVICE_FLAGS);
	snap->facts.removed = !d->refs.value;
	snap_setup(snap, nbd);
	snap_attached(snap, nbd);
	snap_backend(d, nbd);
}

/* ---- the configuration ---- */

static struct known snap_block_size(const void *config)
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
		size = -1;
	else if (by_bits)
		size = 1LL << bits;
	if (size >= 0)
		return known_value(size);
	return known_not(layout_why(one_of(LM_NBD_CONFIG_BLKSIZE_BITS,
					   LM_NBD_CONFIG_BLKSIZE)));
}

/* With NULL for @config nothing is known. */
static void snap_config(struct nbd_config_snap *c, const void *config)
{
	c->flags = layout_unsigned(config, LM_NBD_CONFIG_FLAGS);
	c->runtime_flags = layout_unsigned(config, LM_NBD_CONFIG_RUNTIME_FLAGS);
	c->dead_conn_timeout_s = layout_unsigned(config,
						 LM_NBD_CONFIG_DEAD_CONN_TIMEOUT);
	if (!c->dead_conn_timeout_s.why_not)
		c->dead_conn_timeout_s.value =
			div_u64(c->dead_conn_timeout_s.value, HZ);
	c->size = layout_count(config, LM_NBD_CONFIG_BYTESIZE);
	c->block_size = snap_block_size(config);
	c->num_connections = layout_count(config,
					  LM_NBD_CONFIG_NUM_CONNECTIONS);
	c->live_connections = layout_count(config,
					   LM_NBD_CONFIG_LIVE_CONNECTIONS);
	c->recv_threads = layout_count(config, LM_NBD_CONFIG_RECV_THREADS);
}

/*
 * Neither the address of a configuration nor the number of a socket comes
 * again soon, and both together hardly ever. A hash with a key, so that no
 * address leaks.
 */
static struct known snap_generation(const void *config)
{
	static siphash_key_t key;
	void **socks, *first;
	unsigned long inode;
	struct known nr;
	int cookie;

	nr = layout_count(config, LM_NBD_CONFIG_NUM_CONNECTIONS);
	if (nr.why_not)
		return known_not("layout-unavailable");
	if (!nr.value)
		return known_not("no-sockets");
	if (!layout_get(&socks, config, LM_NBD_CONFIG_SOCKS) ||
	    !peek(&first, &socks[0]) ||
	    !socket_identity(&inode, &cookie, first))
		return known_not(layout_status_of(LM_NBD_SOCK_COOKIE) ==
				 LAYOUT_UNPROVED ?
				 "layout-unproved" : "unreadable");
	get_random_once(&key, sizeof(key));
	return known_value(siphash_3u64((unsigned long)config, inode, cookie,
					&key));
}

/* ---- its sockets ---- */

/* Compares with the first socket whose other end has a name. */
static void compare_peer(struct nbd_snap *snap, const struct addr_snap *peer)
{
	struct addr_snap *first = &snap->first_peer;

	if (peer->kind == ADDR_UNKNOWN && !snap->peers_named)
		snap->why_no_peer = layout_why(LM_NBD_SOCK_SOCK);
	if (peer->kind == ADDR_UNKNOWN || peer->kind == ADDR_UNNAMED)
		return;
	snap->why_no_peer = NULL;
	if (!snap->peers_named++)
		*first = *peer;
	else if (peer->kind != first->kind || peer->len != first->len ||
		 memcmp(peer->bytes, first->bytes, peer->len))
		snap->peers_differing++;
}

static const char *why_not_counted(void)
{
	if (layout_status_of(LM_NBD_SOCK_DEAD) == LAYOUT_UNPROVED)
		return nbd_reason_text(NBD_REASON_LAYOUT_UNPROVED);
	return nbd_reason_text(NBD_REASON_UNREADABLE);
}

/* A process has the socket if its file has more references than nbd's one. */
static void count_socket(struct nbd_facts *facts, s64 dead, long refs)
{
	if (dead == UNKNOWN)
		facts->why_unknown = why_not_counted();
	else if (dead == YES)
		facts->dead++;
	else if (refs > 1)
		facts->held++;
	else if (refs < 0 && !facts->receivers)
		facts->why_unknown = nbd_reason_text(NBD_REASON_UNREADABLE);
}

static void snap_one_full(struct nbd_snap *snap, const void *nsock)
{
	struct socket_snap *s = &snap->sockets[snap->shown++];

	socket_snap_take(s, nsock);
	count_socket(&snap->facts, s->dead.value, s->file_refs);
	compare_peer(snap, &s->peer);
}

/* With receivers running the state does not depend on who holds a socket. */
static void snap_one_brief(struct nbd_snap *snap, const void *nsock)
{
	enum tristate dead = socket_is_dead(nsock);
	struct addr_snap peer;
	long refs = 1;

	if (snap->with_peers) {
		refs = socket_file_refs_and_peer(&peer, nsock);
		compare_peer(snap, &peer);
	} else if (dead == NO && !snap->facts.receivers) {
		refs = socket_file_refs(nsock);
	}
	count_socket(&snap->facts, dead, refs);
}

static bool snap_one(const void *nsock, void *data)
{
	struct nbd_snap *snap = data;

	if (snap->sockets && snap->shown < snap->room)
		snap_one_full(snap, nsock);
	else
		snap_one_brief(snap, nsock);
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

bool nbd_copy_sockets(struct nbd_snap *snap, const void *config,
		      u32 from, u32 to)
{
	return each_socket_from(config, from, to, snap_one, snap);
}

bool nbd_is_same_config(const struct nbd_snap *snap, const void *nbd,
			const void *config)
{
	struct known generation;
	struct nbd_config_snap now;
	const void *its_config;

	memset(&now, 0, sizeof(now));
	if (!layout_get(&its_config, nbd, LM_NBD_DEVICE_CONFIG) ||
	    its_config != config)
		return false;
	snap_config(&now, config);
	generation = snap_generation(config);
	/* Another one may be at the same address, with the same figures. */
	return !memcmp(&now, &snap->config, sizeof(now)) &&
	       generation.value == snap->generation.value;
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
		return nbd_reason_text(NBD_REASON_LAYOUT_DISPROVED);
	case LAYOUT_UNPROVED:
		return nbd_reason_text(NBD_REASON_LAYOUT_UNPROVED);
	default:
		return nbd_reason_text(NBD_REASON_LAYOUT_UNAVAILABLE);
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
	if (c->runtime_flags.why_not || c->num_connections.why_not ||
	    c->recv_threads.why_not) {
		status = layout_status_of_all(needed, ARRAY_SIZE(needed));
		f->why_unknown = layout_reason(status);
		return;
	}
	started_by_flags(snap);
	f->disconnected = c->runtime_flags.value & BIT(RT_DISCONNECTED);
	f->bound = c->runtime_flags.value & BIT(RT_BOUND);
	f->sockets = min_t(u32, c->num_connections.value, nbd_socket_limit());
	f->receivers = c->recv_threads.value;
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
	    snap->device.config_refs.why_not) {
		status = layout_status_of_all(needed, ARRAY_SIZE(needed));
		snap->facts.why_unknown = layout_reason(status);
	} else if (config) {
		snap->facts.config = true;
		snap->generation = snap_generation(config);
		config_facts(snap, config);
	} else {
		snap->generation = known_not("no-config");
	}
	return config;
}

/* Everything that a second try must not find from the first one. */
void nbd_snap_clear(struct nbd_snap *snap, struct gendisk *disk)
{
	struct open_devices *opens = snap->opens;
	struct socket_snap *sockets = snap->sockets;
	bool with_peers = snap->with_peers;
	u32 room = snap->room;

	memset(snap, 0, sizeof(*snap));
	snap->first_peer.kind = ADDR_UNNAMED;
	snap->with_peers = with_peers;
	snap->opens = opens;
	snap->sockets = sockets;
	snap->room = room;
	snap->facts.inflight = -1;
	snap->generation = known_not("layout-unavailable");
	snap_device(snap, NULL);
	snap_config(&snap->config, NULL);
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
	snap->generation = known_not(snap->facts.why_unknown);
	snap->requests.why_unknown = snap->facts.why_unknown;
	task_snap_unreadable(&snap->lock_holder,
			     layout_why(LM_NBD_DEVICE_CONFIG_LOCK));
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
	struct known nr;
	void *config;

	if (layout_check_disk(disk) != LAYOUT_OK ||
	    !layout_get(&config, disk->private_data, LM_NBD_DEVICE_CONFIG))
		return 0;
	nr = layout_count(config, LM_NBD_CONFIG_NUM_CONNECTIONS);
	return nr.why_not ? 0 : min_t(s64, nr.value, nbd_socket_limit());
}
