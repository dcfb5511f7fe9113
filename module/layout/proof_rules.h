/* SPDX-License-Identifier: GPL-2.0 */
/* What must hold for each member of nbd's structures, in every state. */
#ifndef NBDDIAG_PROOF_RULES_H
#define NBDDIAG_PROOF_RULES_H

#include "layout/proof.h"

struct request;

/* Larger objects are not looked at; nbd's have 64 to 512 bytes. */
#define OBJECT_MAX 1024U

/**
 * struct view - a copy of one object
 * @base: where it is
 * @size: bytes that were allocated for it
 * @bytes: the copy
 */
struct view {
	const void *base;
	u32 size;
	u8 bytes[OBJECT_MAX] __aligned(sizeof(u64));
};

/**
 * struct facts - what is known of a device apart from the place in question
 * @disk: its disk
 * @nbd: its struct nbd_device
 * @index: number in the disk's name
 * @openers: as the block layer counts them, the fewest during the look
 * @sectors: capacity; not 0 only after the start of this configuration
 * @timeout: of the tag set
 * @block_size: as the block layer has it
 * @queues: hardware queues; once started, no more than sockets at the start
 * @of: members that are known, and their values
 * @all_sockets: all sockets were looked at
 * @open: sockets that are connected, and that nobody has shut: nbd shuts each
 *	before it calls it dead
 * @living: sockets that surely live, of many not all
 * @open_started: those of them that a receiver was started for
 * @sending: somebody holds a tx_lock, or that is not known
 * @sock_index: of the socket in question
 * @sock_open: it is open
 * @rq: the request in question
 * @rq_started: it is in flight
 * @rq_timeouts: how often its timer can have expired
 */
struct facts {
	struct gendisk *disk;
	const void *nbd;
	int index;
	long openers;
	u64 sectors;
	u32 timeout;
	u32 block_size;
	u32 queues;
	struct {
		bool known;
		u64 value;
	} of[NBD_MEMBERS];
	bool all_sockets;
	u32 open;
	u32 living;
	u32 open_started;
	bool sending;
	u32 sock_index;
	bool sock_open;
	const struct request *rq;
	bool rq_started;
	u64 rq_timeouts;
};

/**
 * struct rule - what must hold for a member
 * @m: the member
 * @size: bytes, any for a lock or the like
 * @align: a power of two
 * @always: it holds without config_lock too
 * @may_be: can the member be in @v at @at, where it would have @value?
 */
struct rule {
	enum layout_member_id m;
	u16 size;
	u8 align;
	bool always;
	bool (*may_be)(const struct facts *f, const struct view *v, u32 at,
		       u64 value);
};

extern const struct rule proof_rules[];
extern const unsigned int proof_rules_nr;

/**
 * proof_object_size() - bytes allocated for an object of the slab allocator
 * @object: its address, not trusted
 *
 * Return: 0 if it is none.
 */
u32 proof_object_size(const void *object);

/**
 * proof_is_socket() - is a pointer one to a socket of a file?
 * @pointer: not trusted
 * @open: set to whether it is connected and not shut in both directions
 */
bool proof_is_socket(u64 pointer, bool *open);

#endif /* NBDDIAG_PROOF_RULES_H */
