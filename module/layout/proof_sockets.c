// SPDX-License-Identifier: GPL-2.0
/* Proves where nbd keeps what, by the sockets of a device; see proof.h. */
#include "access/compat.h"
#include "access/peek.h"
#include "access/sound.h"
#include "layout/proof_look.h"

/* Of many sockets, that many are looked at in a look. */
#define SOCKETS_LOOKED_AT 16U
#define WHEN_PROVED 4U

/* Of each byte of struct nbd_sock: how many sockets have 1 there. */
static u16 ones[OBJECT_MAX];
#define NO_MARK U16_MAX

/* Too large for a stack. */
static struct view sock_view;

static const void *nsock_at(const struct facts *f, u32 i)
{
	const void * const *socks;
	const void *nsock;

	socks = (const void *)(unsigned long)f->of[LM_NBD_CONFIG_SOCKS].value;
	return is_sound(&socks[i]) && peek(&nsock, &socks[i]) ? nsock : NULL;
}

u32 proof_sockets_of(const struct facts *f)
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
		if (proof_is_socket(proof_word_at(v, at, sizeof(u64)), open))
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
	struct view *v = &sock_view;
	const void *nsock = nsock_at(f, i);
	bool sending;
	u32 at;

	f->all_sockets = false;
	if (!proof_copy(v, nsock, proof_object_size(nsock), LS_NBD_SOCK) ||
	    !find_socket(&f->sock_open, v))
		return;
	f->all_sockets = true;
	if (f->sock_open) {
		f->open++;
		f->open_started += i < f->queues;
	}
	f->sock_index = i;
	sending = is_sending(v);
	proof_learn_values(f, v, LS_NBD_SOCK);
	if (sending)
		f->of[LM_NBD_SOCK_PENDING].known = false;
	proof_judge(bad, f, v, LS_NBD_SOCK, true);
	f->sending |= sending;
	for (at = 0; at < v->size; at++)
		ones[at] += v->bytes[at] == 1;
}

/* A socket dies without config_lock, but none comes to life without it. */
static bool none_died(const struct facts *f, const struct view *config)
{
	u32 live;

	return proof_peek(&live, sizeof(live), config->base,
			  LM_NBD_CONFIG_LIVE_CONNECTIONS) &&
	       live == f->of[LM_NBD_CONFIG_LIVE_CONNECTIONS].value;
}

/* As many are dead as do not live. */
static void judge_dead(struct places *bad, const struct facts *f,
		       const struct view *config)
{
	u64 nr = f->of[LM_NBD_CONFIG_NUM_CONNECTIONS].value;
	u64 live = f->of[LM_NBD_CONFIG_LIVE_CONNECTIONS].value;
	u32 at;

	if (!f->all_sockets || f->sending ||
	    !f->of[LM_NBD_CONFIG_LIVE_CONNECTIONS].known || !none_died(f, config) ||
	    proof_is_settled(LM_NBD_SOCK_DEAD))
		return;
	for_each_set_bit(at, proof_left[LM_NBD_SOCK_DEAD].at, OBJECT_MAX)
		if (ones[at] + live != nr)
			__set_bit(at, bad[LM_NBD_SOCK_DEAD].at);
}

void proof_look_at_sockets(struct places *bad, struct facts *f,
			   const struct view *config)
{
	u32 nr = proof_sockets_of(f), most = SOCKETS_LOOKED_AT, i;
	bool all = true;

	memset(ones, 0, sizeof(ones));
	if (proof_is_done(LS_NBD_SOCK))
		most = WHEN_PROVED;
	for (i = 0; i < min(nr, most); i++) {
		look_at_socket(bad, f, i);
		all = all && f->all_sockets;
	}
	f->all_sockets = nr && all && nr <= most;
	judge_dead(bad, f, config);
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
u32 proof_living_of(const struct facts *f, u64 nr)
{
	u32 i, open = 0, looked_at = min_t(u64, nr, SOCKETS_LOOKED_AT);
	struct view *v = &sock_view;
	const void *nsock;
	bool is_open;

	memset(ones, 0, sizeof(ones));
	for (i = 0; i < looked_at; i++) {
		nsock = nsock_at(f, i);
		if (!proof_copy(v, nsock, proof_object_size(nsock),
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
	u64 living = proof_living_of(f, nr), live;
	u32 there;

	for_each_set_bit(there, proof_left[m].at, OBJECT_MAX) {
		if (there == at || there + sizeof(u32) > v->size)
			continue;
		live = proof_word_at(v, there, sizeof(u32));
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
void proof_judge_number(struct places *bad, const struct facts *f,
			const struct view *v)
{
	const enum layout_member_id m = LM_NBD_CONFIG_NUM_CONNECTIONS;
	u32 at;

	if (proof_is_settled(m) || !f->of[LM_NBD_CONFIG_SOCKS].known ||
	    !f->of[LM_NBD_CONFIG_SOCKS].value)
		return;
	for_each_set_bit(at, proof_left[m].at, OBJECT_MAX)
		if (at + sizeof(u32) <= v->size &&
		    !some_can_live(f, v, at, proof_word_at(v, at, sizeof(u32))))
			__set_bit(at, bad[m].at);
}
