// SPDX-License-Identifier: GPL-2.0
/*
 * Memory full of pointers, most of them bad and some leading back into it, lent
 * to every accessor at any offset.
 */
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "hostile.h"

static unsigned int rounds = 100;
module_param(rounds, uint, 0644);
MODULE_PARM_DESC(rounds, "How often the memory is filled anew");

static unsigned int seed = 1;
module_param(seed, uint, 0644);
MODULE_PARM_DESC(seed, "What random numbers begin with");

#define CALLS_A_ROUND 64

static struct rnd_state rnd;

static u32 below(u32 limit)
{
	return prandom_u32_state(&rnd) % limit;
}

static const void *somewhere(void)
{
	u32 at = below(LENT_SIZE);

	/* Mostly where a structure might begin. */
	if (below(4))
		at &= ~7U;
	return (below(2) ? lent : lent_direct) + at;
}

static unsigned long any_word(void)
{
	switch (below(8)) {
	case 0:
		return below(16);
	case 1:
		return below(70000);
	case 2:
		return prandom_u32_state(&rnd);
	case 3:
		return (unsigned long)bad[below(bad_nr)].address;
	case 4:
		return (unsigned long)current;
	default:
		return (unsigned long)somewhere();
	}
}

static void fill(unsigned long *words)
{
	unsigned int i;

	for (i = 0; i < LENT_SIZE / sizeof(*words); i++)
		words[i] = any_word();
}

void test_random(struct verdicts *v)
{
	unsigned int round, call, i, slow = 0;

	prandom_seed_state(&rnd, seed);
	for (round = 0; round < rounds; round++) {
		fill(lent);
		fill(lent_direct);
		for (call = 0; call < CALLS_A_ROUND; call++) {
			i = below(accessors_nr());
			test_begin(v);
			accessor_call(i, somewhere());
			if (test_in_time(v))
				continue;
			slow++;
			test_says(v, false, "random: round %u: %s is too slow",
				  round, accessor_name(i));
		}
		cond_resched();
	}
	memset(lent, 0, LENT_SIZE);
	memset(lent_direct, 0, LENT_SIZE);
	test_says(v, !slow, "random: %u rounds, seed %u", rounds, seed);
}
