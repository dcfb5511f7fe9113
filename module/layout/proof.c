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
#include "layout/proof_look.h"

/*
 * Facts depend on each other: what one look tells, the next one uses. While
 * config_lock is held that is the next read, so that nobody waits for it long.
 */
#define ROUNDS 3

/* Bits of the flags of a server. */
#define SERVER_HAS_FLAGS BIT(0)
#define SERVER_READ_ONLY BIT(1)
#define SERVER_SEND_FLUSH BIT(2)

/* Bits are only ever cleared but by proof_begin(), when nobody reads. */
struct places proof_left[NBD_MEMBERS];
static struct places broken[2][NBD_MEMBERS];

/* What was proved is judged no more; not so for a file, which is checked. */
static bool keep_proved;

/* Claims, see proof_claims(): where a member was seen that has no rule. */
static struct places claims[NBD_MEMBERS];
static bool claimed;

/* Members that others were already struck out for. */
static bool settled[NBD_MEMBERS];

/* Too large for a stack. */
static struct view device_view, config_view;

/* Sizes of the objects, for proof_peek(); 0 until one was seen. */
static u32 object_size[LS_NR];

static enum layout_struct_id struct_of(enum layout_member_id m)
{
	return layout_member_specs[m].st;
}

/* What was only claimed goes on being judged. */
bool proof_is_settled(enum layout_member_id m)
{
	return keep_proved && bitmap_weight(proof_left[m].at, OBJECT_MAX) == 1 &&
	       bitmap_empty(claims[m].at, OBJECT_MAX);
}

const struct rule *proof_rule_of(enum layout_member_id m)
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
	*offset = find_first_bit(proof_left[m].at, OBJECT_MAX);
	return bitmap_weight(proof_left[m].at, OBJECT_MAX);
}

bool proof_is_possible(enum layout_member_id m, u32 offset)
{
	return offset < OBJECT_MAX && test_bit(offset, proof_left[m].at);
}

void proof_accept(enum layout_member_id m, u32 offset)
{
	u32 at;

	for_each_set_bit(at, proof_left[m].at, OBJECT_MAX)
		if (at != offset)
			clear_bit(at, proof_left[m].at);
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
		for_each_set_bit(at, proof_left[rule->m].at, OBJECT_MAX) {
			if (at + rule->size <= from || at >= from + size)
				continue;
			clear_bit(at, proof_left[rule->m].at);
			changed = true;
		}
	}
	return changed;
}

bool proof_settle(enum layout_member_id m)
{
	const struct rule *rule = proof_rule_of(m);
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

	memset(proof_left, 0, sizeof(proof_left));
	memset(claims, 0, sizeof(claims));
	memset(settled, 0, sizeof(settled));
	claimed = false;
	keep_proved = !check;
	memset(object_size, 0, sizeof(object_size));
	for (i = 0; i < proof_rules_nr; i++)
		for (at = 0; at + proof_rules[i].size <= OBJECT_MAX;
		     at += proof_rules[i].align)
			set_bit(at, proof_left[proof_rules[i].m].at);
	occupy(LS_NBD_DEVICE, NBD_MEMBERS, tag_set,
	       sizeof(struct blk_mq_tag_set));
#ifdef HAVE_MUTEX_WAIT_LIST
	return true;
#else
	return false;
#endif
}

void proof_claim(enum layout_member_id m, u32 at)
{
	if (!test_and_set_bit(at, claims[m].at))
		claimed = true;
}

/* ---- values ---- */

u64 proof_word_at(const struct view *v, u32 at, u32 size)
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

	for_each_set_bit(at, proof_left[m].at, OBJECT_MAX) {
		if (at + size > v->size)
			return false;
		here = proof_word_at(v, at, size);
		if (found && here != *value)
			return false;
		*value = here;
		found = true;
	}
	return found;
}

void proof_learn_values(struct facts *f, const struct view *v,
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
	for_each_set_bit(at, proof_left[m].at, OBJECT_MAX) {
		if (at + size > bound || !peek_bytes(here, base + at, size) ||
		    (found && memcmp(dst, here, size)))
			return false;
		memcpy(dst, here, size);
		found = true;
	}
	return found;
}

/* ---- looking ---- */

bool proof_copy(struct view *v, const void *base, u32 size,
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
void proof_judge_rule(struct places *bad, const struct facts *f,
		      const struct view *v, const struct rule *rule)
{
	u32 at;

	if (proof_is_settled(rule->m))
		return;
	for_each_set_bit(at, proof_left[rule->m].at, OBJECT_MAX)
		if (at + rule->size > v->size ||
		    !rule->may_be(f, v, at, proof_word_at(v, at, rule->size)))
			__set_bit(at, bad[rule->m].at);
}

void proof_judge(struct places *bad, const struct facts *f,
		 const struct view *v, enum layout_struct_id st,
		 bool locked)
{
	unsigned int i;

	for (i = 0; i < proof_rules_nr; i++)
		if (struct_of(proof_rules[i].m) == st &&
		    (locked || proof_rules[i].always))
			proof_judge_rule(bad, f, v, &proof_rules[i]);
}

bool proof_is_done(enum layout_struct_id st)
{
	unsigned int i;
	u32 at;

	for (i = 0; i < proof_rules_nr; i++)
		if (struct_of(proof_rules[i].m) == st &&
		    proof_places(proof_rules[i].m, &at) != 1)
			return false;
	return true;
}

/* ---- a device ---- */

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
	for_each_set_bit(at, proof_left[LM_NBD_CONFIG_RECV_WQ].at, OBJECT_MAX) {
		head = at + offsetof(wait_queue_head_t, head);
		if (head + sizeof(u64) <= v->size &&
		    proof_word_at(v, head, sizeof(u64)) !=
		    (unsigned long)v->base + head)
			proof_claim(LM_NBD_CONFIG_RECV_WQ, at);
	}
}

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
	for_each_set_bit(at, proof_left[LM_NBD_CONFIG_FLAGS].at, OBJECT_MAX)
		if ((proof_word_at(v, at, sizeof(u32)) & mask) == want)
			proof_claim(LM_NBD_CONFIG_FLAGS, at);
}

static void look_at_config(struct places *bad, struct facts *f)
{
	struct view *v = &config_view;
	const void *config = NULL;

	if (f->of[LM_NBD_DEVICE_CONFIG].known)
		config = (const void *)(unsigned long)
			 f->of[LM_NBD_DEVICE_CONFIG].value;
	if (!config || !proof_copy(v, config, proof_object_size(config),
				   LS_NBD_CONFIG)) {
		forget_values(f, LS_NBD_CONFIG);
		return;
	}
	proof_learn_values(f, v, LS_NBD_CONFIG);
	if (!proof_is_settled(LM_NBD_CONFIG_LIVE_CONNECTIONS))
		f->living = proof_living_of(f, proof_sockets_of(f));
	proof_look_at_sockets(bad, f, v);
	proof_judge(bad, f, v, LS_NBD_CONFIG, true);
	proof_judge_number(bad, f, v);
	proof_look_at_requests(bad, f);
	claim_config_flags(f, v);
	claim_recv_wq(f, v);
}

static bool look_at_device(struct places *bad, struct gendisk *disk, bool locked)
{
	static struct facts f;
	struct view *v = &device_view;
	long openers;

	if (!begin_facts(&f, disk) ||
	    !proof_copy(v, f.nbd, proof_object_size(f.nbd), LS_NBD_DEVICE))
		return false;
	if (locked) {
		openers = compat_disk_openers(disk);
		f.openers = min(f.openers, openers);
		proof_learn_values(&f, v, LS_NBD_DEVICE);
		look_at_config(bad, &f);
	}
	proof_judge(bad, &f, v, LS_NBD_DEVICE, locked);
	proof_look_at_unused_request(bad, &f);
	return true;
}

static bool strike_out(void)
{
	DECLARE_BITMAP(both, OBJECT_MAX);
	bool changed = false;
	unsigned int m;

	for (m = 0; m < NBD_MEMBERS; m++) {
		bitmap_and(both, broken[0][m].at, broken[1][m].at, OBJECT_MAX);
		if (!bitmap_intersects(both, proof_left[m].at, OBJECT_MAX))
			continue;
		bitmap_andnot(proof_left[m].at, proof_left[m].at, both, OBJECT_MAX);
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
