// SPDX-License-Identifier: GPL-2.0
/*
 * Strikes out places of members in which they cannot be. A device is looked at
 * twice, and only what broke a rule both times is struck out, as some counts
 * change without config_lock.
 */
#include <linux/bitmap.h>
#include <linux/blk-mq.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "access/peek.h"
#include "access/sound.h"
#include "layout/layout.h"
#include "layout/proof.h"
#include "layout/proof_rules.h"

/*
 * Facts depend on each other: what one look tells, the next one uses. While
 * config_lock is held that is the next read, so that nobody waits for it long.
 */
#define ROUNDS 3

/* Of many sockets or requests, that many are looked at in a look. */
#define SOCKETS_LOOKED_AT 16U
#define QUEUES_LOOKED_AT 32U
#define SLOTS_LOOKED_AT 512U
#define REQUESTS_JUDGED 16U
#define WHEN_PROVED 4U

/* Bits of nbd_cmd.flags, and of the flags of a server. */
#define CMD_INFLIGHT 2
#define SERVER_HAS_FLAGS BIT(0)
#define SERVER_READ_ONLY BIT(1)
#define SERVER_SEND_FLUSH BIT(2)

struct places {
	DECLARE_BITMAP(at, OBJECT_MAX);
};

/* Bits are only ever cleared but by proof_begin(), when nobody reads. */
static struct places places[NBD_MEMBERS];
static struct places broken[2][NBD_MEMBERS];

/* What was proved is judged no more; not so for a file, which is checked. */
static bool keep_proved;

/* Claims, see proof_claims(): where a member was seen that has no rule. */
static struct places claims[NBD_MEMBERS];
static bool claimed;

/* Members that others were already struck out for. */
static bool settled[NBD_MEMBERS];

/* Too large for a stack. */
static struct view device_view, config_view, item_view;
static u16 ones[OBJECT_MAX];
#define NO_MARK U16_MAX

/* Sizes of the objects, for proof_peek(); 0 until one was seen. */
static u32 object_size[LS_NR];

static enum layout_struct_id struct_of(enum layout_member_id m)
{
	return layout_member_specs[m].st;
}

/* What was only claimed goes on being judged. */
static bool is_settled(enum layout_member_id m)
{
	return keep_proved && bitmap_weight(places[m].at, OBJECT_MAX) == 1 &&
	       bitmap_empty(claims[m].at, OBJECT_MAX);
}

static const struct rule *rule_of(enum layout_member_id m)
{
	unsigned int i;

	for (i = 0; i < proof_rules_nr; i++)
		if (proof_rules[i].m == m)
			return &proof_rules[i];
	return NULL;
}

/* ---- places ---- */

unsigned int proof_places(enum layout_member_id m, u32 *offset)
{
	*offset = find_first_bit(places[m].at, OBJECT_MAX);
	return bitmap_weight(places[m].at, OBJECT_MAX);
}

bool proof_is_possible(enum layout_member_id m, u32 offset)
{
	return offset < OBJECT_MAX && test_bit(offset, places[m].at);
}

void proof_accept(enum layout_member_id m, u32 offset)
{
	u32 at;

	for_each_set_bit(at, places[m].at, OBJECT_MAX)
		if (at != offset)
			clear_bit(at, places[m].at);
}

bool proof_claims(enum layout_member_id m, u32 offset)
{
	return offset < OBJECT_MAX && test_bit(offset, claims[m].at);
}

/* Nothing of a structure's other members is within these bytes. */
static bool occupy(enum layout_struct_id st, enum layout_member_id by,
		   u32 from, u32 size)
{
	const struct rule *rule;
	bool changed = false;
	unsigned int i;
	u32 at;

	for (i = 0; i < proof_rules_nr; i++) {
		rule = &proof_rules[i];
		if (struct_of(rule->m) != st || rule->m == by)
			continue;
		for_each_set_bit(at, places[rule->m].at, OBJECT_MAX) {
			if (at + rule->size <= from || at >= from + size)
				continue;
			clear_bit(at, places[rule->m].at);
			changed = true;
		}
	}
	return changed;
}

bool proof_settle(enum layout_member_id m)
{
	const struct rule *rule = rule_of(m);
	u32 at;

	if (!rule || settled[m] || proof_places(m, &at) != 1)
		return false;
	settled[m] = true;
	return occupy(struct_of(m), m, at, rule->size);
}

bool proof_begin(struct gendisk *disk, bool check)
{
	u32 tag_set = (const void *)disk->queue->tag_set - disk->private_data;
	unsigned int i;
	u32 at;

	memset(places, 0, sizeof(places));
	memset(claims, 0, sizeof(claims));
	memset(settled, 0, sizeof(settled));
	claimed = false;
	keep_proved = !check;
	memset(object_size, 0, sizeof(object_size));
	for (i = 0; i < proof_rules_nr; i++)
		for (at = 0; at + proof_rules[i].size <= OBJECT_MAX;
		     at += proof_rules[i].align)
			set_bit(at, places[proof_rules[i].m].at);
	occupy(LS_NBD_DEVICE, NBD_MEMBERS, tag_set,
	       sizeof(struct blk_mq_tag_set));
#ifdef HAVE_MUTEX_WAIT_LIST
	return true;
#else
	return false;
#endif
}

static void add_claim(enum layout_member_id m, u32 at)
{
	if (!test_and_set_bit(at, claims[m].at))
		claimed = true;
}

/* ---- values ---- */

static u64 word_at(const struct view *v, u32 at, u32 size)
{
	u64 value = 0;

	switch (size) {
	case 1:
		value = v->bytes[at];
		break;
	case 4:
		value = *(const u32 *)&v->bytes[at];
		break;
	case 8:
		value = *(const u64 *)&v->bytes[at];
		break;
	}
	return value;
}

/* The same wherever it can be? */
static bool is_known(u64 *value, const struct view *v, enum layout_member_id m,
		     u32 size)
{
	bool found = false;
	u64 here;
	u32 at;

	for_each_set_bit(at, places[m].at, OBJECT_MAX) {
		if (at + size > v->size)
			return false;
		here = word_at(v, at, size);
		if (found && here != *value)
			return false;
		*value = here;
		found = true;
	}
	return found;
}

static void learn_values(struct facts *f, const struct view *v,
			 enum layout_struct_id st)
{
	unsigned int i;

	for (i = 0; i < proof_rules_nr; i++) {
		const struct rule *rule = &proof_rules[i];

		if (struct_of(rule->m) == st && rule->size <= sizeof(u64))
			f->of[rule->m].known = is_known(&f->of[rule->m].value,
							v, rule->m, rule->size);
	}
}

static void forget_values(struct facts *f, enum layout_struct_id st)
{
	unsigned int m;

	for (m = 0; m < NBD_MEMBERS; m++)
		if (struct_of(m) == st)
			f->of[m].known = false;
}

bool proof_peek(void *dst, size_t size, const void *base,
		enum layout_member_id m)
{
	u32 bound = READ_ONCE(object_size[struct_of(m)]);
	bool found = false;
	u8 here[sizeof(u64)];
	u32 at;

	if (size > sizeof(here) || !bound || (unsigned long)base < PAGE_SIZE)
		return false;
	for_each_set_bit(at, places[m].at, OBJECT_MAX) {
		if (at + size > bound || !peek_bytes(here, base + at, size) ||
		    (found && memcmp(dst, here, size)))
			return false;
		memcpy(dst, here, size);
		found = true;
	}
	return found;
}

/* ---- looking ---- */

static bool copy_object(struct view *v, const void *base, u32 size,
			enum layout_struct_id st)
{
	v->base = base;
	v->size = size;
	if (!size || !sound_address(base, size) ||
	    !peek_bytes(v->bytes, base, size))
		return false;
	/* If they differ, the smaller one. */
	if (!object_size[st] || size < object_size[st])
		WRITE_ONCE(object_size[st], size);
	return true;
}

/* Strikes out, for now, where a member cannot be in this object. */
static void judge_rule(struct places *bad, const struct facts *f,
		       const struct view *v, const struct rule *rule)
{
	u32 at;

	if (is_settled(rule->m))
		return;
	for_each_set_bit(at, places[rule->m].at, OBJECT_MAX)
		if (at + rule->size > v->size ||
		    !rule->may_be(f, v, at, word_at(v, at, rule->size)))
			__set_bit(at, bad[rule->m].at);
}

static void judge_places(struct places *bad, const struct facts *f,
			 const struct view *v, enum layout_struct_id st,
			 bool locked)
{
	unsigned int i;

	for (i = 0; i < proof_rules_nr; i++)
		if (struct_of(proof_rules[i].m) == st &&
		    (locked || proof_rules[i].always))
			judge_rule(bad, f, v, &proof_rules[i]);
}

static bool all_proved(enum layout_struct_id st)
{
	unsigned int i;
	u32 at;

	for (i = 0; i < proof_rules_nr; i++)
		if (struct_of(proof_rules[i].m) == st &&
		    proof_places(proof_rules[i].m, &at) != 1)
			return false;
	return true;
}

/* ---- sockets ---- */

static const void *nsock_at(const struct facts *f, u32 i)
{
	const void * const *socks;
	const void *nsock;

	socks = (const void *)(unsigned long)f->of[LM_NBD_CONFIG_SOCKS].value;
	return is_sound(&socks[i]) && peek(&nsock, &socks[i]) ? nsock : NULL;
}

static u32 sockets_of(const struct facts *f)
{
	if (!f->of[LM_NBD_CONFIG_SOCKS].known ||
	    !f->of[LM_NBD_CONFIG_SOCKS].value ||
	    !f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].known)
		return 0;
	return f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value;
}

static bool find_socket(bool *open, const struct view *v)
{
	u32 at;

	for (at = 0; at + sizeof(u64) <= v->size; at += sizeof(u64))
		if (proof_is_socket(word_at(v, at, sizeof(u64)), open))
			return true;
	return false;
}

static bool is_sending(const struct view *v)
{
	const struct mutex *lock;
	const void *owner;
	u32 at;

	if (proof_places(LM_NBD_SOCK_TX_LOCK, &at) != 1)
		return true;
	lock = v->base + at;
	return !peek_bytes(&owner, compat_mutex_owner_word(lock),
			   sizeof(owner)) || owner;
}

static void look_at_socket(struct places *bad, struct facts *f, u32 i)
{
	struct view *v = &item_view;
	const void *nsock = nsock_at(f, i);
	bool sending;
	u32 at;

	f->all_sockets = false;
	if (!copy_object(v, nsock, proof_object_size(nsock), LS_NBD_SOCK) ||
	    !find_socket(&f->sock_open, v))
		return;
	f->all_sockets = true;
	if (f->sock_open) {
		f->open++;
		f->open_started += i < f->queues;
	}
	f->sock_index = i;
	sending = is_sending(v);
	learn_values(f, v, LS_NBD_SOCK);
	if (sending)
		f->of[LM_NBD_SOCK_PENDING].known = false;
	judge_places(bad, f, v, LS_NBD_SOCK, true);
	f->sending |= sending;
	for (at = 0; at < v->size; at++)
		ones[at] += v->bytes[at] == 1;
}

/* A socket dies without config_lock, but none comes to life without it. */
static bool none_died(const struct facts *f)
{
	u32 live;

	return proof_peek(&live, sizeof(live), config_view.base,
			  LM_NBD_CONFIG_LIVE_CONNECTIONS) &&
	       live == f->of[LM_NBD_CONFIG_LIVE_CONNECTIONS].value;
}

/* As many are dead as do not live. */
static void judge_dead(struct places *bad, const struct facts *f)
{
	u64 nr = f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value;
	u64 live = f->of[LM_NBD_CONFIG_LIVE_CONNECTIONS].value;
	u32 at;

	if (!f->all_sockets || f->sending ||
	    !f->of[LM_NBD_CONFIG_LIVE_CONNECTIONS].known || !none_died(f) ||
	    is_settled(LM_NBD_SOCK_DEAD))
		return;
	for_each_set_bit(at, places[LM_NBD_SOCK_DEAD].at, OBJECT_MAX)
		if (ones[at] + live != nr)
			__set_bit(at, bad[LM_NBD_SOCK_DEAD].at);
}

static void look_at_sockets(struct places *bad, struct facts *f)
{
	u32 nr = sockets_of(f), most = SOCKETS_LOOKED_AT, i;
	bool all = true;

	memset(ones, 0, sizeof(ones));
	if (all_proved(LS_NBD_SOCK))
		most = WHEN_PROVED;
	for (i = 0; i < min(nr, most); i++) {
		look_at_socket(bad, f, i);
		all = all && f->all_sockets;
	}
	f->all_sockets = nr && all && nr <= most;
	judge_dead(bad, f);
}

/* A mark that a socket is dead is 0 or 1; counts the ones of each byte. */
static void count_marks(const struct view *v)
{
	u32 at;

	for (at = 0; at < OBJECT_MAX; at++) {
		if (at >= v->size || v->bytes[at] > 1)
			ones[at] = NO_MARK;
		else if (ones[at] != NO_MARK)
			ones[at] += v->bytes[at];
	}
}

static u32 most_marks(void)
{
	u32 at, most = 0;

	for (at = 0; at < OBJECT_MAX; at++)
		if (ones[at] != NO_MARK)
			most = max_t(u32, most, ones[at]);
	return most;
}

/*
 * How many of the first @nr sockets surely live, of many not all are looked at:
 * those that are open, or that are not marked dead, wherever the mark may be.
 */
static u32 living_of(const struct facts *f, u64 nr)
{
	u32 i, open = 0, looked_at = min_t(u64, nr, SOCKETS_LOOKED_AT);
	struct view *v = &item_view;
	const void *nsock;
	bool is_open;

	memset(ones, 0, sizeof(ones));
	for (i = 0; i < looked_at; i++) {
		nsock = nsock_at(f, i);
		if (!copy_object(v, nsock, proof_object_size(nsock),
				 LS_NBD_SOCK) || !find_socket(&is_open, v))
			return open;
		open += is_open;
		count_marks(v);
	}
	return max(open, looked_at - most_marks());
}

/* Is there a place for the number of those that live, if there are @nr? */
static bool some_can_live(const struct facts *f, const struct view *v, u32 at,
			  u64 nr)
{
	const enum layout_member_id m = LM_NBD_CONFIG_LIVE_CONNECTIONS;
	u64 living = living_of(f, nr), live;
	u32 there;

	for_each_set_bit(there, places[m].at, OBJECT_MAX) {
		if (there == at || there + sizeof(u32) > v->size)
			continue;
		live = word_at(v, there, sizeof(u32));
		if (live >= living && live <= nr)
			return true;
	}
	return false;
}

/*
 * Of the number of sockets and the number of those that live each can be taken
 * for the other, as what lies behind the end of the array may be sockets of
 * another device. So they are judged together.
 */
static void judge_number(struct places *bad, const struct facts *f,
			 const struct view *v)
{
	const enum layout_member_id m = LM_NBD_CONFIG_NUM_CONNECTIONS;
	u32 at;

	if (is_settled(m) || !f->of[LM_NBD_CONFIG_SOCKS].known ||
	    !f->of[LM_NBD_CONFIG_SOCKS].value)
		return;
	for_each_set_bit(at, places[m].at, OBJECT_MAX)
		if (at + sizeof(u32) <= v->size &&
		    !some_can_live(f, v, at, word_at(v, at, sizeof(u32))))
			__set_bit(at, bad[m].at);
}

/* ---- requests ---- */

static u64 timeouts_of(const struct request *rq)
{
	u64 started, age;
	unsigned int timeout;

	if (!peek(&started, &rq->start_time_ns) || !started ||
	    !peek(&timeout, &rq->timeout) || !timeout)
		return U64_MAX;
	age = ktime_get_ns() - min(started, ktime_get_ns());
	return div_u64(nsecs_to_jiffies64(age), timeout);
}

/* A command that was failed, and nothing else that could be this number. */
static void claim_status(const struct facts *f, const struct view *v)
{
	u32 at;

	if (!f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].known ||
	    f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value >
	    (__force u8)BLK_STS_IOERR)
		return;
	for_each_set_bit(at, places[LM_NBD_CMD_STATUS].at, OBJECT_MAX)
		if (v->bytes[at] == (__force u8)BLK_STS_IOERR)
			add_claim(LM_NBD_CMD_STATUS, at);
}

/* INFLIGHT, which is 4: not the number of a socket, nor that of retries. */
static void claim_flags(const struct facts *f, const struct view *v)
{
	u32 at;

	if (!f->rq_started || f->rq_timeouts >= BIT(CMD_INFLIGHT) ||
	    !f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].known ||
	    f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value > BIT(CMD_INFLIGHT))
		return;
	for_each_set_bit(at, places[LM_NBD_CMD_FLAGS].at, OBJECT_MAX)
		if (word_at(v, at, sizeof(u64)) == BIT(CMD_INFLIGHT))
			add_claim(LM_NBD_CMD_FLAGS, at);
}

/* What says whose a request is, and what becomes of it. */
struct identity {
	struct request_queue *q;
	enum mq_rq_state state;
	int tag;
};

static bool identify_request(struct identity *its, const struct request *rq)
{
	return is_sound(rq) && peek(&its->q, &rq->q) &&
	       peek(&its->state, &rq->state) && peek(&its->tag, &rq->tag);
}

/* Requests that are still looked at in a look: in flight, and others. */
struct request_budget {
	u32 started;
	u32 idle;
};

static void look_at_request(struct places *bad, struct facts *f,
			    const struct request *rq, int tag,
			    struct request_budget *left)
{
	const struct blk_mq_tag_set *set = f->disk->queue->tag_set;
	struct view *v = &item_view;
	struct identity its, after;

	u32 *budget;

	if (!identify_request(&its, rq) || its.q != f->disk->queue)
		return;
	f->rq = rq;
	f->rq_started = its.tag == tag && its.state == MQ_RQ_IN_FLIGHT;
	budget = f->rq_started ? &left->started : &left->idle;
	if (!*budget || !copy_object(v, rq + 1, min(set->cmd_size, OBJECT_MAX),
				     LS_NBD_CMD))
		return;
	(*budget)--;
	f->rq_timeouts = timeouts_of(rq);
	/* It may have been given out again, or freed, while it was copied. */
	if (!identify_request(&after, rq) || after.q != its.q ||
	    after.state != its.state || after.tag != its.tag)
		return;
	claim_status(f, v);
	if (f->rq_started) {
		judge_places(bad, f, v, LS_NBD_CMD, true);
		claim_flags(f, v);
	} else {
		judge_rule(bad, f, v, rule_of(LM_NBD_CMD_STATUS));
		judge_rule(bad, f, v, rule_of(LM_NBD_CMD_FLAGS));
	}
}

static bool names_device(const struct facts *f, const struct view *v)
{
	u32 at;

	for (at = 0; at + sizeof(u64) <= v->size; at += sizeof(u64))
		if (word_at(v, at, sizeof(u64)) == (unsigned long)f->nbd)
			return true;
	return false;
}

/*
 * Each request that came with a table names its device, in use or not. One that
 * names it nowhere was freed, or is no request.
 */
static void look_at_unused_request(struct places *bad, struct facts *f)
{
	const struct blk_mq_tag_set *set = f->disk->queue->tag_set;
	struct blk_mq_tags **all = READ_ONCE(set->tags);
	struct view *v = &item_view;
	struct request **rqs, *rq;
	struct blk_mq_tags *tags;

	if (!is_sound(all) || !peek(&tags, &all[0]) ||
	    !sound_address(tags, layout_offset(LM_BLK_MQ_TAGS_STATIC_RQS) +
			   sizeof(rqs)) ||
	    !layout_get(&rqs, tags, LM_BLK_MQ_TAGS_STATIC_RQS) ||
	    !is_sound(rqs) || !peek(&rq, rqs) || !is_sound(rq) ||
	    !copy_object(v, rq + 1, min(set->cmd_size, OBJECT_MAX), LS_NBD_CMD))
		return;
	f->rq_started = false;
	if (names_device(f, v))
		judge_rule(bad, f, v, rule_of(LM_NBD_CMD_NBD));
}

/* By what fails if they are freed meanwhile, as request.c does. */
static void look_at_requests(struct places *bad, struct facts *f)
{
	struct blk_mq_tags **all = READ_ONCE(f->disk->queue->tag_set->tags);
	struct request **rqs, *rq;
	struct blk_mq_tags *tags;
	unsigned int nr, i, queue;
	unsigned int slots = max(SLOTS_LOOKED_AT / max(f->queues, 1U), 4U);
	struct request_budget left = {
		.started = REQUESTS_JUDGED,
		.idle = REQUESTS_JUDGED,
	};

	for (queue = 0; queue < min(f->queues, QUEUES_LOOKED_AT); queue++) {
		if (!peek(&tags, &all[queue]) ||
		    !layout_get(&nr, tags, LM_BLK_MQ_TAGS_NR_TAGS) ||
		    !layout_get(&rqs, tags, LM_BLK_MQ_TAGS_RQS))
			return;
		nr = min3(nr, f->disk->queue->tag_set->queue_depth, slots);
		for (i = 0; i < nr && left.started; i++) {
			if (!peek(&rq, &rqs[i]))
				return;
			if (rq)
				look_at_request(bad, f, rq, i, &left);
		}
	}
}

/*
 * Who started a device by ioctl waits on recv_wq. Those who wait on conn_wait
 * send on a socket that is dead, and here none is.
 */
static void claim_recv_wq(const struct facts *f, const struct view *v)
{
	const u64 nr = f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value;
	u32 head, at;

	if (!f->all_sockets || f->open != nr)
		return;
	for_each_set_bit(at, places[LM_NBD_CONFIG_RECV_WQ].at, OBJECT_MAX) {
		head = at + offsetof(wait_queue_head_t, head);
		if (head + sizeof(u64) <= v->size &&
		    word_at(v, head, sizeof(u64)) !=
		    (unsigned long)v->base + head)
			add_claim(LM_NBD_CONFIG_RECV_WQ, at);
	}
}

/* ---- a device ---- */

static bool disk_number(int *nr, const struct gendisk *disk)
{
	return !strncmp(disk->disk_name, "nbd", 3) &&
	       !kstrtoint(disk->disk_name + 3, 10, nr);
}

static bool begin_facts(struct facts *f, struct gendisk *disk)
{
	f->disk = disk;
	f->nbd = disk->private_data;
	f->openers = compat_disk_openers(disk);
	f->sectors = get_capacity(disk);
	f->timeout = READ_ONCE(disk->queue->tag_set->timeout);
	f->block_size = queue_logical_block_size(disk->queue);
	f->queues = READ_ONCE(disk->queue->tag_set->nr_hw_queues);
	f->all_sockets = false;
	f->open = 0;
	f->living = 0;
	f->open_started = 0;
	f->sending = false;
	return disk_number(&f->index, disk);
}

/*
 * What a server can do is set by the client alone; the block layer was told of
 * it at the start.
 */
static void claim_config_flags(const struct facts *f, const struct view *v)
{
	u64 want = SERVER_HAS_FLAGS | SERVER_SEND_FLUSH;
	u64 mask = want | SERVER_READ_ONLY;
	u32 at;

	if (!f->sectors || !compat_write_cache(f->disk->queue))
		return;
	if (get_disk_ro(f->disk))
		want |= SERVER_READ_ONLY;
	for_each_set_bit(at, places[LM_NBD_CONFIG_FLAGS].at, OBJECT_MAX)
		if ((word_at(v, at, sizeof(u32)) & mask) == want)
			add_claim(LM_NBD_CONFIG_FLAGS, at);
}

static void look_at_config(struct places *bad, struct facts *f)
{
	struct view *v = &config_view;
	const void *config = NULL;

	if (f->of[LM_NBD_DEVICE_CONFIG].known)
		config = (const void *)(unsigned long)
			 f->of[LM_NBD_DEVICE_CONFIG].value;
	if (!config || !copy_object(v, config, proof_object_size(config),
				    LS_NBD_CONFIG)) {
		forget_values(f, LS_NBD_CONFIG);
		return;
	}
	learn_values(f, v, LS_NBD_CONFIG);
	if (!is_settled(LM_NBD_CONFIG_LIVE_CONNECTIONS))
		f->living = living_of(f, sockets_of(f));
	look_at_sockets(bad, f);
	judge_places(bad, f, v, LS_NBD_CONFIG, true);
	judge_number(bad, f, v);
	look_at_requests(bad, f);
	claim_config_flags(f, v);
	claim_recv_wq(f, v);
}

static bool look_at_device(struct places *bad, struct gendisk *disk, bool locked)
{
	static struct facts f;
	struct view *v = &device_view;
	long openers;

	if (!begin_facts(&f, disk) ||
	    !copy_object(v, f.nbd, proof_object_size(f.nbd), LS_NBD_DEVICE))
		return false;
	if (locked) {
		openers = compat_disk_openers(disk);
		f.openers = min(f.openers, openers);
		learn_values(&f, v, LS_NBD_DEVICE);
		look_at_config(bad, &f);
	}
	judge_places(bad, &f, v, LS_NBD_DEVICE, locked);
	look_at_unused_request(bad, &f);
	return true;
}

static bool strike_out(void)
{
	DECLARE_BITMAP(both, OBJECT_MAX);
	bool changed = false;
	unsigned int m;

	for (m = 0; m < NBD_MEMBERS; m++) {
		bitmap_and(both, broken[0][m].at, broken[1][m].at, OBJECT_MAX);
		if (!bitmap_intersects(both, places[m].at, OBJECT_MAX))
			continue;
		bitmap_andnot(places[m].at, places[m].at, both, OBJECT_MAX);
		changed = true;
	}
	return changed;
}

bool proof_look(struct gendisk *disk, bool locked)
{
	int i, rounds = locked ? 1 : ROUNDS;
	bool changed = false;

	claimed = false;
	for (i = 0; i < rounds; i++) {
		memset(broken, 0, sizeof(broken));
		if (!look_at_device(broken[0], disk, locked) ||
		    !look_at_device(broken[1], disk, locked) || !strike_out())
			break;
		changed = true;
	}
	return changed || claimed;
}
