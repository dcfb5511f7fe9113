// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold for each member of nbd's structures, in every state, on every
 * kernel from 5.10 to 6.12. A rule that were false in some rare state would
 * strike out the truth, so what a user can change by other means is no rule.
 *
 * Only races with what is done without config_lock are left; proof.c strikes
 * nothing out before it has looked twice.
 */
#include <linux/blk-mq.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/sizes.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "access/lock.h"
#include "access/peek.h"
#include "access/slab_object.h"
#include "access/sound.h"
#include "access/task.h"
#include "layout/proof_rules.h"

/* Bits of nbd_config.runtime_flags and nbd_device.flags. */
#define RT_TIMEDOUT BIT(0)
#define RT_DISCONNECT_REQUESTED BIT(1)
#define RT_DISCONNECTED BIT(2)
#define RT_HAS_PID_FILE BIT(3)
#define RT_BOUND BIT(5)
#define RT_KNOWN GENMASK(7, 0)
#define DESTROY_ON_DISCONNECT BIT(0)
#define DISCONNECT_REQUESTED BIT(1)
#define DEVICE_FLAGS_KNOWN GENMASK(1, 0)
#define CMD_FLAGS_KNOWN GENMASK(3, 1)

/* References that somebody has for a moment. */
#define PASSING 64

#define KNOWN(f, id) ((f)->of[LM_##id].known)
#define VALUE(f, id) ((f)->of[LM_##id].value)

/* ---- pointers ---- */

u32 proof_object_size(const void *object)
{
	size_t size = slab_object_size(object);

	return size <= OBJECT_MAX ? size : 0;
}

/* The address of something that may be read? */
static bool is_address(u64 value)
{
	return IS_ALIGNED(value, sizeof(void *)) &&
	       sound_address((const void *)(unsigned long)value,
			     sizeof(void *));
}

static bool is_pointer(const struct view *v, u64 value)
{
	const void *p = (const void *)(unsigned long)value;

	return is_address(value) &&
	       (p < v->base || p >= v->base + v->size);
}

/* 5.10 calls it knbd0-recv, later kernels nbd0-recv. */
static bool is_workqueue(const struct facts *f, u64 value)
{
	const void *wq = (const void *)(unsigned long)value;
	char bytes[512], name[24];
	size_t len, i;

	len = snprintf(name, sizeof(name), "nbd%d-recv", f->index) + 1;
	if (!sound_address(wq, sizeof(bytes)) ||
	    !peek_bytes(bytes, wq, sizeof(bytes)))
		return false;
	for (i = 0; i + len <= sizeof(bytes); i++)
		if (!memcmp(&bytes[i], name, len))
			return true;
	return false;
}

/*
 * A task may be gone, and even its memory, so only what it cannot be can be
 * told.
 */
static bool may_be_task(const struct facts *f, const struct view *v, u64 value)
{
	const void *p = (const void *)(unsigned long)value;

	return IS_ALIGNED(value, sizeof(void *)) &&
	       peek_is_kernel_address(value) &&
	       (p < v->base || p >= v->base + v->size) &&
	       value != (unsigned long)f->disk &&
	       !(KNOWN(f, NBD_DEVICE_CONFIG) &&
		 value == VALUE(f, NBD_DEVICE_CONFIG)) &&
	       !is_workqueue(f, value);
}

static bool is_live_task(u64 value)
{
	const struct task_struct *there = (const void *)(unsigned long)value;
	struct task_snap task;

	if (!is_address(value) ||
	    !sound_address(&there->pid, sizeof(there->pid)))
		return false;
	task_snap_address(&task, there);
	return task.found == TASK_ALIVE;
}

static bool follow_bytes(void *dst, const void *src, size_t size)
{
	return sound_address(src, size) && peek_bytes(dst, src, size);
}

/* As peek(), but only to what may be read. */
#define follow(dst, src) follow_bytes((dst), (src), sizeof(*(dst)))

/* Whoever has a file of it can connect it anew, which forgets that it was shut. */
static bool is_open(const struct sock *sk)
{
	u8 shutdown, state;

	return follow(&shutdown, &sk->sk_shutdown) &&
	       (shutdown & SHUTDOWN_MASK) != SHUTDOWN_MASK &&
	       follow(&state, (const u8 *)&sk->sk_state) &&
	       state == TCP_ESTABLISHED;
}

bool proof_is_socket(u64 pointer, bool *open)
{
	const struct socket *sock = (const void *)(unsigned long)pointer;
	struct inode *inode;
	struct file *file;
	struct sock *sk;
	void *private;
	umode_t mode;

	if (!IS_ALIGNED(pointer, sizeof(void *)) ||
	    !follow(&file, &sock->file) ||
	    !follow(&private, &file->private_data) || private != sock ||
	    !follow(&inode, &file->f_inode) || !follow(&mode, &inode->i_mode) ||
	    !S_ISSOCK(mode) || !follow(&sk, &sock->sk))
		return false;
	*open = is_open(sk);
	return true;
}

/*
 * Who waits is in the list with a part of its stack, which is not in the map of
 * all memory. What is not there is not read, and so it cannot be disproved.
 */
static bool is_neighbour(const struct list_head *entry,
			 const struct list_head *list, bool next)
{
	struct list_head here;

	if (!IS_ALIGNED((unsigned long)entry, sizeof(void *)) ||
	    !peek_is_kernel_address((unsigned long)entry))
		return false;
	if (!is_sound(entry))
		return true;
	return peek(&here, entry) && (next ? here.prev : here.next) == list;
}

static bool is_list_head(const void *address)
{
	const struct list_head *list = address;
	struct list_head here;

	return is_sound(list) && peek(&here, list) &&
	       is_neighbour(here.next, list, true) &&
	       is_neighbour(here.prev, list, false);
}

/* ---- locks and lists ---- */

static bool may_be_list(const struct facts *f, const struct view *v, u32 at,
			u64 value)
{
	return is_list_head(v->base + at);
}

#ifdef HAVE_MUTEX_WAIT_LIST

/*
 * Its owner lives, if it has one. Of a lock that is no longer held by the time
 * the owner is looked up, the word has changed.
 */
static bool owner_lives(const struct mutex *lock)
{
	const void *owner, *again;
	int tries;

	for (tries = 0; tries < 3; tries++) {
		if (!lock_owner(&owner, lock))
			return false;
		if (!owner || is_live_task((unsigned long)owner))
			return true;
		if (lock_owner(&again, lock) && again == owner)
			return false;
	}
	return true;
}

static bool may_be_mutex(const struct facts *f, const struct view *v, u32 at,
			 u64 value)
{
	const struct mutex *lock = v->base + at;

	return is_list_head(&lock->wait_list) && owner_lives(lock);
}

#else

/* A free one is all zeros, and so are many other things. */
static bool may_be_mutex(const struct facts *f, const struct view *v, u32 at,
			 u64 value)
{
	return false;
}

#endif

static bool may_be_wait_queue(const struct facts *f, const struct view *v,
			      u32 at, u64 value)
{
	const wait_queue_head_t *wq = v->base + at;

	return is_list_head(&wq->head);
}

/* ---- nbd_device ---- */

static bool may_be_disk(const struct facts *f, const struct view *v, u32 at,
			u64 value)
{
	return value == (unsigned long)f->disk;
}

static bool may_be_index(const struct facts *f, const struct view *v, u32 at,
			 u64 value)
{
	return value == (u32)f->index;
}

static bool has_config(const struct facts *f)
{
	return VALUE(f, NBD_DEVICE_CONFIG);
}

/*
 * A configuration is from kmalloc() and has two queues to wait on. A pointer to a
 * task that is gone may lead to anything with lists, for example an inode.
 */
static bool looks_like_config(u64 value)
{
	const void *object = (const void *)(unsigned long)value;
	u32 size = proof_object_size(object);
	unsigned int heads = 0;
	u32 at;

	for (at = 0; at + sizeof(struct list_head) <= size;
	     at += sizeof(void *))
		heads += is_list_head(object + at);
	return heads >= 2 && !slab_object_not_kmalloc(object);
}

/* Each opener has a reference, and a device that is started has one too. */
static bool may_be_config(const struct facts *f, const struct view *v, u32 at,
			  u64 value)
{
	if (!value)
		return f->openers <= 0 && !f->sectors;
	return is_pointer(v, value) && value != (unsigned long)f->disk &&
	       !is_workqueue(f, value) && looks_like_config(value);
}

/* Most that can be on its way: senders, and who opens or closes. */
static u64 passing(const struct facts *f)
{
	return PASSING + (u64)f->queues * f->disk->queue->tag_set->queue_depth;
}

static bool may_be_config_refs(const struct facts *f, const struct view *v,
			       u32 at, u64 value)
{
	u64 most = max(f->openers, 0L) + 1 + passing(f);

	if (!KNOWN(f, NBD_DEVICE_CONFIG))
		return (s32)value >= 0;
	if (!has_config(f))
		return !value;
	if (KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS))
		most += 2 * VALUE(f, NBD_CONFIG_NUM_CONNECTIONS);
	else
		most += 2 * 65536;
	return (s32)value > 0 && (s64)value >= f->openers && value <= most;
}

/* One for the device, one for its configuration, and each opener's. */
static bool may_be_refs(const struct facts *f, const struct view *v, u32 at,
			u64 value)
{
	s64 least = 0;

	if (!KNOWN(f, NBD_DEVICE_CONFIG))
		return (s32)value >= 0;
	if (has_config(f))
		least = 1 + max(f->openers, 0L);
	return (s32)value >= least && (s32)value <= least + 1 + PASSING;
}

/* Its receivers were started; without memory for a file in sysfs they are not. */
static bool is_started(const struct facts *f)
{
	return VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) & RT_HAS_PID_FILE;
}

/* Was started by ioctl, and all its receivers run: the starter waits for them. */
static bool is_served(const struct facts *f)
{
	const unsigned long ended = RT_BOUND | RT_DISCONNECTED |
				    RT_DISCONNECT_REQUESTED | RT_TIMEDOUT;

	return is_started(f) && !(VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) & ended) &&
	       KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS) &&
	       KNOWN(f, NBD_CONFIG_RECV_THREADS) &&
	       VALUE(f, NBD_CONFIG_NUM_CONNECTIONS) &&
	       VALUE(f, NBD_CONFIG_RECV_THREADS) ==
	       VALUE(f, NBD_CONFIG_NUM_CONNECTIONS);
}

/* Who started the device, as a task or as its number: set while it is started. */
static bool may_be_starter(const struct facts *f, u64 value,
			   bool (*lives)(u64 value))
{
	if (!KNOWN(f, NBD_DEVICE_CONFIG))
		return true;
	if (!has_config(f))
		return !value;
	if (!KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS))
		return true;
	if (!value && is_started(f))
		return false;
	return !is_served(f) || lives(value);
}

static bool may_be_task_recv(const struct facts *f, const struct view *v,
			     u32 at, u64 value)
{
	return (!value || may_be_task(f, v, value)) &&
	       may_be_starter(f, value, is_live_task);
}

static bool is_live_number(u64 value)
{
	struct task_snap task;

	task_snap_number(&task, value);
	return task.found == TASK_ALIVE;
}

static bool may_be_pid(const struct facts *f, const struct view *v, u32 at,
		       u64 value)
{
	return (s32)value >= 0 && may_be_starter(f, value, is_live_number);
}

/*
 * Set with the first socket, by ioctl only; cleared with the sockets, which are
 * all dead then, and when the configuration goes.
 */
static bool may_be_task_setup(const struct facts *f, const struct view *v,
			      u32 at, u64 value)
{
	u64 rt = VALUE(f, NBD_CONFIG_RUNTIME_FLAGS);

	if (value && !may_be_task(f, v, value))
		return false;
	if (!KNOWN(f, NBD_DEVICE_CONFIG))
		return true;
	if (!has_config(f))
		return !value;
	if (!KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS))
		return true;
	if (rt & RT_BOUND)
		return !value;
	if (rt & RT_DISCONNECTED)
		return true;
	return value || !KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS) ||
	       !VALUE(f, NBD_CONFIG_NUM_CONNECTIONS);
}

static bool may_be_device_flags(const struct facts *f, const struct view *v,
				u32 at, u64 value)
{
	s64 least;

	if (value & ~DEVICE_FLAGS_KNOWN)
		return false;
	if (!KNOWN(f, NBD_DEVICE_CONFIG) || !has_config(f))
		return true;
	if (KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS) &&
	    (VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) & RT_DISCONNECT_REQUESTED) &&
	    !(value & DISCONNECT_REQUESTED))
		return false;
	/* Without the flag the device has a reference of its own. */
	least = 2 + max(f->openers, 0L);
	return (value & DESTROY_ON_DISCONNECT) || !KNOWN(f, NBD_DEVICE_REFS) ||
	       (s64)VALUE(f, NBD_DEVICE_REFS) >= least;
}

static bool may_be_backend(const struct facts *f, const struct view *v, u32 at,
			   u64 value)
{
	/* A string, which may begin anywhere. */
	if (value && (!sound_address((void *)(unsigned long)value, 1) ||
		      is_workqueue(f, value)))
		return false;
	/* One that could not be shown in sysfs stays when the configuration goes. */
	if (!KNOWN(f, NBD_DEVICE_CONFIG) || !has_config(f))
		return true;
	return !value || !KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS) ||
	       (VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) & RT_BOUND) ||
	       (VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) & RT_DISCONNECTED);
}

/* ---- nbd_config ---- */

/* Whatever the client says is taken, so only proof_claims() tells. */
static bool may_be_config_flags(const struct facts *f, const struct view *v,
				u32 at, u64 value)
{
	return true;
}

static bool may_be_runtime_flags(const struct facts *f, const struct view *v,
				 u32 at, u64 value)
{
	if (value & ~RT_KNOWN)
		return false;
	if (!f->timeout && (value & RT_TIMEDOUT))
		return false;
	return !f->sectors || (value & RT_HAS_PID_FILE);
}

/* Any number, but hardly one that is the address of something. */
static bool may_be_dead_conn_timeout(const struct facts *f,
				     const struct view *v, u32 at, u64 value)
{
	return !is_address(value);
}

static bool holds_a_socket(const void *nsock)
{
	u32 size = proof_object_size(nsock), at;
	u64 word;
	bool open;

	for (at = 0; at + sizeof(word) <= size; at += sizeof(word))
		if (peek_bytes(&word, nsock + at, sizeof(word)) && word &&
		    proof_is_socket(word, &open))
			return true;
	return false;
}

static bool is_nsock(const struct facts *f, u64 socks, u32 index)
{
	const void * const *array = (const void *)(unsigned long)socks;
	const void *nsock;

	return follow(&nsock, &array[index]) && holds_a_socket(nsock);
}

static bool may_be_socks(const struct facts *f, const struct view *v, u32 at,
			 u64 value)
{
	if (!value)
		return !f->sectors;
	return is_pointer(v, value) && is_nsock(f, value, 0);
}

/*
 * The array has room for them, and the last one is a socket. What lies behind
 * its end says nothing: there may be pointers that were left there.
 */
static bool may_be_num_connections(const struct facts *f, const struct view *v,
				   u32 at, u64 value)
{
	u64 socks = VALUE(f, NBD_CONFIG_SOCKS);
	size_t room;

	if ((s32)value < 0)
		return false;
	if (!KNOWN(f, NBD_CONFIG_SOCKS))
		return true;
	if (!socks)
		return !value;
	/* A large array is not of the slab allocator: its room is not known. */
	room = slab_object_size((const void *)(unsigned long)socks);
	if (!value || (room && value * sizeof(void *) > room))
		return false;
	return is_nsock(f, socks, value - 1);
}

/*
 * Sockets that were surely started: a queue for each, but where the block layer
 * could not have fewer queues than before.
 */
static u64 started_sockets(const struct facts *f)
{
	if (!KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS))
		return 0;
	return min_t(u64, f->queues, VALUE(f, NBD_CONFIG_NUM_CONNECTIONS));
}

/*
 * Sockets that were started and have no receiver any more: a receiver marks its
 * socket dead before it ends.
 */
static u64 surely_dead(const struct facts *f)
{
	u64 receivers = VALUE(f, NBD_CONFIG_RECV_THREADS);
	u64 started = started_sockets(f);

	if (!KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS) || !is_started(f) ||
	    !KNOWN(f, NBD_CONFIG_RECV_THREADS) || receivers >= started)
		return 0;
	return started - receivers;
}

/* A socket that is open is not dead. */
static bool may_be_live_connections(const struct facts *f,
				    const struct view *v, u32 at, u64 value)
{
	if ((s32)value < 0 || value < f->open || value < f->living)
		return false;
	return !KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS) ||
	       value + surely_dead(f) <= VALUE(f, NBD_CONFIG_NUM_CONNECTIONS);
}

/*
 * A receiver marks its socket dead before it ends; it gives its reference back
 * a moment before it is no longer counted.
 */
static bool may_be_recv_threads(const struct facts *f, const struct view *v,
				u32 at, u64 value)
{
	if ((s32)value < 0)
		return false;
	if (KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS)) {
		if (!is_started(f))
			return !value;
		if (value < f->open_started)
			return false;
	}
	if (!KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS))
		return true;
	if (value > 2 * VALUE(f, NBD_CONFIG_NUM_CONNECTIONS))
		return false;
	return !KNOWN(f, NBD_DEVICE_CONFIG_REFS) || !f->all_sockets ||
	       value + f->openers <= VALUE(f, NBD_DEVICE_CONFIG_REFS) +
	       VALUE(f, NBD_CONFIG_NUM_CONNECTIONS) - f->open;
}

static bool is_block_size(u64 value)
{
	return value >= 512 && value <= SZ_64K && is_power_of_2(value);
}

static bool may_be_blksize(const struct facts *f, const struct view *v,
			   u32 at, u64 value)
{
	return f->sectors ? value == f->block_size : is_block_size(value);
}

static bool may_be_blksize_bits(const struct facts *f, const struct view *v,
				u32 at, u64 value)
{
	return value < 32 && may_be_blksize(f, v, at, 1ULL << value);
}

static bool may_be_bytesize(const struct facts *f, const struct view *v,
			    u32 at, u64 value)
{
	/* nbd has it as a signed number. */
	return !f->sectors || (u64)((s64)value >> SECTOR_SHIFT) == f->sectors;
}

/* ---- nbd_sock ---- */

static bool may_be_sock(const struct facts *f, const struct view *v, u32 at,
			u64 value)
{
	bool open;

	return proof_is_socket(value, &open);
}

static bool may_be_pending(const struct facts *f, const struct view *v,
			   u32 at, u64 value)
{
	const struct request *rq = (const void *)(unsigned long)value;
	struct request_queue *q;

	return !value || (is_pointer(v, value) && follow(&q, &rq->q) &&
			  q == f->disk->queue);
}

/* Less than a header is a request that has not begun to be sent. */
static bool may_be_sent(const struct facts *f, const struct view *v, u32 at,
			u64 value)
{
	if ((s32)value < 0)
		return false;
	if (!KNOWN(f, NBD_SOCK_PENDING) || f->sending)
		return true;
	return !value == !VALUE(f, NBD_SOCK_PENDING);
}

static bool may_be_dead(const struct facts *f, const struct view *v, u32 at,
			u64 value)
{
	/* Only a netlink-made one is connected again. */
	if (!value)
		return f->sock_index >= f->queues || !surely_dead(f) ||
		       surely_dead(f) < started_sockets(f) ||
		       (VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) & RT_BOUND);
	return value == 1 && !f->sock_open;
}

static bool may_be_fallback_index(const struct facts *f, const struct view *v,
				  u32 at, u64 value)
{
	s32 index = value;

	if (index < -1 || index == (s32)f->sock_index)
		return false;
	if (!KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS))
		return true;
	if (VALUE(f, NBD_CONFIG_NUM_CONNECTIONS) == 1)
		return index == -1;
	return index < (s64)VALUE(f, NBD_CONFIG_NUM_CONNECTIONS);
}

/* Only what was made over netlink is connected again. */
static bool may_be_sock_cookie(const struct facts *f, const struct view *v,
			       u32 at, u64 value)
{
	if ((s32)value < 0)
		return false;
	return !KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS) || !value ||
	       (VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) &
		(RT_BOUND | RT_DISCONNECTED));
}

/* ---- nbd_cmd ---- */

static bool may_be_nbd(const struct facts *f, const struct view *v, u32 at,
		       u64 value)
{
	return value == (unsigned long)f->nbd;
}

/* It is the queue's number, but for sockets that are or were dead. */
static bool may_be_cmd_index(const struct facts *f, const struct view *v,
			     u32 at, u64 value)
{
	struct blk_mq_hw_ctx *hctx;
	unsigned int queue;
	u64 nr = VALUE(f, NBD_CONFIG_NUM_CONNECTIONS);

	if (!f->rq_started || !KNOWN(f, NBD_CONFIG_NUM_CONNECTIONS))
		return (s32)value >= 0;
	if (value >= nr)
		return false;
	if (!f->all_sockets || f->open != nr ||
	    !KNOWN(f, NBD_CONFIG_RUNTIME_FLAGS) ||
	    (VALUE(f, NBD_CONFIG_RUNTIME_FLAGS) & RT_BOUND) ||
	    !peek(&hctx, &f->rq->mq_hctx) || !peek(&queue, &hctx->queue_num))
		return true;
	return value == queue;
}

static bool may_be_cmd_cookie(const struct facts *f, const struct view *v,
			      u32 at, u64 value)
{
	return (s32)value >= 0;
}

static bool may_be_retries(const struct facts *f, const struct view *v,
			   u32 at, u64 value)
{
	return (s32)value >= 0 && (!f->rq_started || value <= f->rq_timeouts);
}

static bool may_be_status(const struct facts *f, const struct view *v, u32 at,
			  u64 value)
{
	return value == (__force u8)BLK_STS_OK ||
	       value == (__force u8)BLK_STS_IOERR ||
	       value == (__force u8)BLK_STS_TIMEOUT;
}

static bool may_be_cmd_flags(const struct facts *f, const struct view *v,
			     u32 at, u64 value)
{
	return !(value & ~CMD_FLAGS_KNOWN);
}

#define RULE(id, type, fn) \
	{ .m = LM_##id, .size = sizeof(type), .align = __alignof__(type), \
	  .may_be = fn }
#define ALWAYS(id, type, fn) \
	{ .m = LM_##id, .size = sizeof(type), .align = __alignof__(type), \
	  .always = true, .may_be = fn }

/* In an order in which each may use what those before have told. */
const struct rule proof_rules[] = {
	ALWAYS(NBD_DEVICE_DISK, void *, may_be_disk),
	ALWAYS(NBD_DEVICE_INDEX, int, may_be_index),
	ALWAYS(NBD_DEVICE_CONFIG_LOCK, struct mutex, may_be_mutex),
	ALWAYS(NBD_DEVICE_LIST, struct list_head, may_be_list),
	RULE(NBD_DEVICE_CONFIG, void *, may_be_config),
	RULE(NBD_DEVICE_CONFIG_REFS, u32, may_be_config_refs),
	RULE(NBD_DEVICE_REFS, u32, may_be_refs),
	RULE(NBD_DEVICE_TASK_RECV, void *, may_be_task_recv),
	RULE(NBD_DEVICE_TASK_SETUP, void *, may_be_task_setup),
	RULE(NBD_DEVICE_FLAGS, unsigned long, may_be_device_flags),
	RULE(NBD_DEVICE_PID, u32, may_be_pid),
	RULE(NBD_DEVICE_BACKEND, void *, may_be_backend),
	RULE(NBD_CONFIG_FLAGS, u32, may_be_config_flags),
	RULE(NBD_CONFIG_RUNTIME_FLAGS, unsigned long, may_be_runtime_flags),
	RULE(NBD_CONFIG_DEAD_CONN_TIMEOUT, u64, may_be_dead_conn_timeout),
	RULE(NBD_CONFIG_SOCKS, void *, may_be_socks),
	RULE(NBD_CONFIG_NUM_CONNECTIONS, u32, may_be_num_connections),
	RULE(NBD_CONFIG_LIVE_CONNECTIONS, u32, may_be_live_connections),
	RULE(NBD_CONFIG_CONN_WAIT, wait_queue_head_t, may_be_wait_queue),
	RULE(NBD_CONFIG_RECV_THREADS, u32, may_be_recv_threads),
	RULE(NBD_CONFIG_RECV_WQ, wait_queue_head_t, may_be_wait_queue),
	RULE(NBD_CONFIG_BLKSIZE, u64, may_be_blksize),
	RULE(NBD_CONFIG_BLKSIZE_BITS, u32, may_be_blksize_bits),
	RULE(NBD_CONFIG_BYTESIZE, u64, may_be_bytesize),
	RULE(NBD_SOCK_SOCK, void *, may_be_sock),
	RULE(NBD_SOCK_TX_LOCK, struct mutex, may_be_mutex),
	RULE(NBD_SOCK_PENDING, void *, may_be_pending),
	RULE(NBD_SOCK_SENT, u32, may_be_sent),
	RULE(NBD_SOCK_DEAD, u8, may_be_dead),
	RULE(NBD_SOCK_FALLBACK_INDEX, u32, may_be_fallback_index),
	RULE(NBD_SOCK_COOKIE, u32, may_be_sock_cookie),
	RULE(NBD_CMD_NBD, void *, may_be_nbd),
	RULE(NBD_CMD_LOCK, struct mutex, may_be_mutex),
	RULE(NBD_CMD_INDEX, u32, may_be_cmd_index),
	RULE(NBD_CMD_COOKIE, u32, may_be_cmd_cookie),
	RULE(NBD_CMD_RETRIES, u32, may_be_retries),
	RULE(NBD_CMD_STATUS, u8, may_be_status),
	RULE(NBD_CMD_FLAGS, unsigned long, may_be_cmd_flags),
};

const unsigned int proof_rules_nr = ARRAY_SIZE(proof_rules);
