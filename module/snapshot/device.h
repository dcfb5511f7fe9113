/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything about one nbd device at one moment
 *
 * Generation
 * ----------
 *
 * Between two looks at a device its configuration may have been freed and set up
 * anew, with the same name, the same number of sockets and the same state. Who
 * looked at the old one must not take the new one for it: not the knob, which is
 * told what to clean by somebody who read the device's file a minute ago, and
 * not a snapshot that gave config_lock to others between two sockets.
 *
 * nbd numbers its configurations nowhere. So the generation is made of three
 * things: the address of the configuration, the inode number of its first
 * socket, and how often that socket was replaced (its cookie). The first may
 * come again soon, as memory does. The second is counted up with each new inode
 * of its kind. The third changes when nbd reconnects. That all come together again
 * is as good as impossible.
 *
 * The three are hashed with a key of this load of nbddiag, so that no address
 * leaks. The number says nothing but "the same" or "another one", and it has no
 * order. A configuration without sockets has none: there is nothing to clean.
 */
#ifndef NBDDIAG_DEVICE_H
#define NBDDIAG_DEVICE_H

#include <linux/blkdev.h>

#include "access/known.h"
#include "access/lock.h"
#include "access/task.h"
#include "object/request.h"
#include "object/socket.h"
#include "snapshot/state.h"

/* More are counted by nbd, but not looked at. */
#define SOCKETS_MAX 65536U
#define BACKEND_SHOWN_MAX 256

/* Bits of nbd_config.runtime_flags, the same on all kernels. */
#define RT_DISCONNECTED 2
#define RT_HAS_PID_FILE 3
#define RT_HAS_CONFIG_REF 4
#define RT_BOUND 5

struct open_devices;

/**
 * struct nbd_device_snap - what belongs to the device
 * @name: of its disk
 * @devt: its number
 * @capacity: bytes
 * @block_size: logical block size in bytes
 * @read_only: as the block layer has it
 * @openers: as the block layer counts them
 * @index: nbd's number
 * @refs: references on the device
 * @config_refs: references on the configuration
 * @flags: NBD_DESTROY_ON_DISCONNECT...
 * @timeout_s: request timeout, 0 for none
 * @setup_task: who gave the first socket
 * @attached_task: who started it
 * @why_no_backend: NULL, or why @backend is not known
 * @backend: identifier
 */
struct nbd_device_snap {
	char name[DISK_NAME_LEN];
	dev_t devt;
	u64 capacity;
	u32 block_size;
	bool read_only;
	struct known openers;
	struct known index;
	struct known refs;
	struct known config_refs;
	struct known flags;
	u64 timeout_s;
	struct task_snap setup_task;
	struct task_snap attached_task;
	const char *why_no_backend;
	char backend[BACKEND_SHOWN_MAX];
};

/* What belongs to its configuration. */
struct nbd_config_snap {
	struct known flags;
	struct known runtime_flags;
	struct known dead_conn_timeout_s;
	struct known size;
	struct known block_size;
	struct known num_connections;
	struct known live_connections;
	struct known recv_threads;
};

/**
 * struct nbd_snap - a device at one moment
 * @device: the device
 * @config: valid if @facts.config
 * @generation: which configuration it is, as 64 bits: others for one that was set
 *	up anew, or whose first connection was replaced
 * @requests: those in flight
 * @facts: what the state follows from
 * @lock_holder: who held config_lock, if @facts.locked is false
 * @peers_named: sockets with a named other end
 * @peers_differing: how many of them differ from the first named one
 * @first_peer: that one's; ADDR_UNNAMED if there is none
 * @why_no_peer: NULL, or why there is none: an end could not be read
 * @with_peers: look at the other ends of sockets that are only counted, too
 * @hold: our attempt to take config_lock
 * @opens: NULL, or where to ask what a task has open
 * @sockets: array, or NULL where only counts were asked for
 * @room: entries allocated
 * @shown: entries filled
 */
struct nbd_snap {
	struct nbd_device_snap device;
	struct nbd_config_snap config;
	struct known generation;
	struct requests_snap requests;
	struct nbd_facts facts;
	struct task_snap lock_holder;
	u32 peers_named;
	u32 peers_differing;
	struct addr_snap first_peer;
	const char *why_no_peer;
	bool with_peers;
	struct lock_hold hold;
	struct open_devices *opens;
	struct socket_snap *sockets;
	u32 room;
	u32 shown;
};

/**
 * nbd_snap_full() - everything about a device
 * @disk: an nbd disk that cannot go away
 *
 * Context: may sleep for some milliseconds; never on nbd, its servers or I/O.
 * Holds the device's config_lock, if it is free, while copying, and gives it to
 * others after every few sockets.
 * Return: a snapshot for nbd_snap_free(), or an ERR_PTR() if memory is short.
 */
struct nbd_snap *nbd_snap_full(struct gendisk *disk);

/**
 * nbd_snap_brief() - the same, but sockets are only counted, and their other
 *	ends compared
 * @snap: filled; nothing in it needs to be freed
 * @disk: an nbd disk that cannot go away
 * @opens: what tasks have open, for all devices of one read
 */
void nbd_snap_brief(struct nbd_snap *snap, struct gendisk *disk,
		    struct open_devices *opens);

/**
 * nbd_snap_held() - sockets are only counted, for a caller that took the lock
 * @snap: filled; nothing in it needs to be freed
 * @disk: an nbd disk that cannot go away
 * @locked: the caller holds config_lock; false: nobody may rely on the facts
 *	for longer than the caller knows that they cannot change
 */
void nbd_snap_held(struct nbd_snap *snap, struct gendisk *disk, bool locked);

/*
 * Call a function for each socket of a configuration.
 *
 * @config: the configuration, not trusted
 * @nr: how many sockets it has
 * @fn: the function; @nsock is the address of a struct nbd_sock, not trusted;
 *	it returns false to end the walk
 *
 * Context: may sleep for a moment. The sockets stay only while the caller
 * holds config_lock.
 * Return: false if not all of them were seen.
 */
bool nbd_each_socket(const void *config, u32 nr,
		     bool (*fn)(const void *nsock, void *data), void *data);

/**
 * nbd_snap_free() - give a snapshot back
 * @snap: from nbd_snap_full(), or NULL
 */
void nbd_snap_free(struct nbd_snap *snap);

#endif /* NBDDIAG_DEVICE_H */
