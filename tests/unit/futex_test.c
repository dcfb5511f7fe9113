// SPDX-License-Identifier: GPL-2.0
/*
 * What is taken for a mutex: those that the libraries make, and each of these
 * with one member that does not fit.
 */
#include <string.h>

#include <linux/futex.h>

#include "base/array_size.h"
#include "locks/futex.h"
#include "unit.h"

#define ADDRESS 0x7ffff7fba000
#define ALL_KNOWN ((1u << FUTEX_WORDS) - 1)
#define PRIVATE (FUTEX_WAIT | FUTEX_PRIVATE_FLAG)

/* Threads 100, 101 and 102; the last one waits. */
static struct futex_thread threads[3];
static uint32_t order[3];

static struct futexes process = {
	.tgid = 100, .thread = threads, .nr = 3, .order = order,
};

static struct futex_thread *const waiter = &threads[2];

static uint32_t *at(int offset)
{
	return &waiter->word[FUTEX_BEFORE + offset / 4];
}

static void begin(uint64_t address, uint32_t op, uint32_t value)
{
	size_t i;

	memset(threads, 0, sizeof(threads));
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i].tid = 100 + i;
		threads[i].number = 100 + i;
	}
	futex_sort(&process);
	waiter->waits = true;
	waiter->address = address;
	waiter->op = op;
	waiter->value = value;
	waiter->known = ALL_KNOWN;
	/* What is before a mutex may be anything. */
	memset(waiter->word, 0xa5, 4 * FUTEX_BEFORE);
	*at(0) = value;
}

/* As a captured tree has it, the answer is the same. */
static void expect(enum futex_kind kind, size_t owner)
{
	struct futex_lock lock = futex_decode(&process, waiter), again;
	struct futexes copy = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(lock.kind, kind);
	assert_int_equal(lock.owner, owner);
	futex_print(&process, out);
	fclose(out);
	futex_parse(&copy, text, size);
	assert_int_equal(copy.memory, process.memory);
	assert_int_equal(copy.nr, 3);
	again = futex_decode(&copy, &copy.thread[2]);
	assert_int_equal(again.kind, kind);
	assert_int_equal(again.owner, owner);
	assert_int_equal(again.used, lock.used);
	futex_free(&copy);
}

static void owner_is_100(void)
{
	expect(FUTEX_IS_MUTEX, 0);
}

static void is_other(void)
{
	expect(FUTEX_IS_OTHER, FUTEX_NOBODY);
}

/* Neither with this in place of what is there. */
static void not_with(int offset, uint32_t value)
{
	uint32_t was = *at(offset);

	*at(offset) = value;
	is_other();
	*at(offset) = was;
}

/* Nor if that word is not known, or its page not there. */
static void not_without(int offset)
{
	uint32_t bit = 1u << (FUTEX_BEFORE + offset / 4);

	waiter->known &= ~bit;
	is_other();
	waiter->missing = true;
	expect(FUTEX_IS_ABSENT, FUTEX_NOBODY);
	waiter->missing = false;
	waiter->known |= bit;
}

/* ---- glibc ---- */

static void glibc(uint32_t kind)
{
	begin(ADDRESS, PRIVATE, 2);
	*at(8) = 100;
	*at(12) = 1;
	*at(16) = kind;
}

static void glibc_normal(void **unused)
{
	int offset;

	glibc(0);
	owner_is_100();
	*at(0) = 1;
	owner_is_100();
	*at(12) = 3;
	owner_is_100();
	not_with(0, 0);
	not_with(0, 3);
	not_with(4, 1);
	not_with(8, 0);
	not_with(8, 99);
	not_with(8, 103);
	not_with(12, 0);
	not_with(12, 4);
	not_with(16, 16);
	not_with(16, 32);
	not_with(16, 64);
	not_with(16, 1024);
	not_with(20, 1);
	not_with(24, 1);
	not_with(28, 1);
	not_with(32, 1);
	not_with(36, 1);
	for (offset = 0; offset < 40; offset += 4)
		not_without(offset);
	waiter->address = ADDRESS + 4;
	is_other();
	waiter->address = ADDRESS;
	waiter->value = 3;
	is_other();
	waiter->value = 2;
	waiter->op = FUTEX_WAIT_REQUEUE_PI;
	is_other();
	waiter->op = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME;
	owner_is_100();
}

static void glibc_types(void **unused)
{
	/* Recursive: how often. */
	glibc(1);
	is_other();
	*at(4) = 1;
	owner_is_100();
	/* Adaptive: how long it was spun for. */
	glibc(3);
	*at(20) = 10;
	owner_is_100();
	/* Of others too: so many that use it need not be here. */
	glibc(128);
	*at(12) = 1000;
	owner_is_100();
	/* Elided: nobody is recorded. */
	glibc(256);
	*at(8) = 0;
	*at(12) = 0;
	*at(20) = 3 << 16;
	expect(FUTEX_IS_OWNERLESS, FUTEX_NOBODY);
}

static void glibc_robust(void **unused)
{
	begin(ADDRESS, FUTEX_WAIT, FUTEX_WAITERS | 100);
	*at(4) = 1;
	*at(8) = 100;
	*at(12) = 1;
	*at(16) = 16;
	*at(24) = 0xf7fba010;
	owner_is_100();
	not_with(4, 0);
	not_with(8, 101);
	not_with(12, 0);
	not_with(16, 0);
	not_with(16, 16 | 32);
	not_without(8);
	/* Its owner has died, and the next one has it. */
	*at(8) = 0x7fffffff;
	owner_is_100();
	/* Meanwhile another thread has taken it. */
	*at(8) = 101;
	*at(0) = FUTEX_WAITERS | 101;
	expect(FUTEX_IS_MUTEX, 1);
	*at(8) = 777;
	*at(0) = FUTEX_WAITERS | 777;
	expect(FUTEX_IS_FOREIGN, FUTEX_NOBODY);
}

static void pi(void **unused)
{
	begin(ADDRESS, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0);
	*at(0) = FUTEX_WAITERS | 100;
	owner_is_100();
	/* FUTEX_LOCK_PI2 */
	waiter->op = 13 | FUTEX_PRIVATE_FLAG;
	owner_is_100();
	not_with(0, 0);
	not_with(0, FUTEX_WAITERS | FUTEX_OWNER_DIED);
	not_without(0);
	*at(0) = 103;
	expect(FUTEX_IS_FOREIGN, FUTEX_NOBODY);
}

/* ---- musl ---- */

static void musl(void **unused)
{
	begin(ADDRESS + 4, PRIVATE, FUTEX_WAITERS | 100);
	*at(-4) = 1;
	*at(4) = 1;
	owner_is_100();
	not_with(-4, 3);
	not_with(-4, 8 | 1);
	not_with(-4, 16);
	not_with(4, 0);
	not_with(4, 4);
	not_with(16, 0x80000000);
	not_without(-4);
	not_without(0);
	*at(-4) = 128 | 4;
	*at(4) = 1000;
	owner_is_100();
	waiter->address = ADDRESS;
	is_other();
}

/* What it has is EBUSY, and no thread 16. */
static void musl_normal(void **unused)
{
	begin(ADDRESS + 4, PRIVATE, FUTEX_WAITERS | 16);
	threads[0].number = 16;
	*at(-4) = 0;
	*at(4) = 1;
	expect(FUTEX_IS_OWNERLESS, FUTEX_NOBODY);
	not_with(0, FUTEX_WAITERS | 17);
}

/* ---- what is no mutex ---- */

static void conditions(void **unused)
{
	/* glibc before 2.41, and semaphores. */
	begin(ADDRESS, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0);
	waiter->known = 0;
	expect(FUTEX_IS_EVENT, FUTEX_NOBODY);
	/* glibc 2.41: wseq, g1_start, and wrefs of one waiter. */
	begin(ADDRESS + 4, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 3);
	memset(waiter->word, 0, sizeof(waiter->word));
	*at(0) = 3;
	*at(-36) = 0xd;
	*at(-28) = 4;
	*at(-8) = 8;
	expect(FUTEX_IS_EVENT, FUTEX_NOBODY);
	not_with(-36, 7);
	not_with(-28, 2);
	not_with(-8, 0);
	not_with(-8, 9);
	not_with(-8, 32);
	not_without(-8);
	/* musl: "struct waiter", signalled or not. */
	begin(ADDRESS + 4, PRIVATE, 2);
	*at(-4) = 0;
	is_other();
	waiter->on_stack = true;
	expect(FUTEX_IS_EVENT, FUTEX_NOBODY);
	not_with(-4, 1);
	not_with(4, 1);
}

static void endless(void **unused)
{
	begin(ADDRESS, FUTEX_WAIT_BITSET, 0);
	waiter->on_stack = true;
	expect(FUTEX_IS_EVENT, FUTEX_NOBODY);
	threads[0].waits = true;
	threads[0].address = ADDRESS + 8;
	threads[0].op = FUTEX_LOCK_PI;
	threads[0].word[FUTEX_BEFORE] = FUTEX_WAITERS | waiter->number;
	threads[0].known = 1u << FUTEX_BEFORE;
	futex_find_pi(&process);
	expect(FUTEX_IS_ENDLESS, FUTEX_NOBODY);
	waiter->timed = true;
	expect(FUTEX_IS_EVENT, FUTEX_NOBODY);
}

static void joins(void **unused)
{
	begin(ADDRESS, FUTEX_WAIT_BITSET, 100);
	is_other();
	waiter->joins = true;
	expect(FUTEX_IS_END, 0);
}

/* ---- numbers, and files that are wrong ---- */

static void numbers(void **unused)
{
	/* Of another pid namespace, and not in order. */
	glibc(0);
	threads[0].number = 9;
	threads[1].number = 3;
	threads[2].number = 5;
	futex_sort(&process);
	is_other();
	*at(8) = 9;
	owner_is_100();
	/* A thread that has gone has none. */
	threads[0].number = 0;
	*at(8) = 0;
	is_other();
}

/* Of many threads, however they are numbered, each is found, and no other. */
static void many_numbers(void **unused)
{
	struct futexes many = { 0 };
	uint32_t number = 1;
	size_t i;

	futex_make_room(&many, 1000);
	many.nr = 1000;
	/* 7 makes all numbers below the prime. */
	for (i = 0; i < many.nr; i++) {
		many.thread[i].number = number;
		number = number * 7 % 1000003;
	}
	futex_sort(&many);
	for (i = 0; i < many.nr; i++)
		assert_int_equal(futex_find(&many, many.thread[i].number), i);
	assert_int_equal(futex_find(&many, number), FUTEX_NOBODY);
	/* Of two with one number the first in /proc counts. */
	many.thread[999].number = many.thread[500].number;
	futex_sort(&many);
	assert_int_equal(futex_find(&many, many.thread[999].number), 500);
	many.nr = 0;
	futex_sort(&many);
	assert_int_equal(futex_find(&many, 1), FUTEX_NOBODY);
	futex_free(&many);
}

static void parse(const char *text, enum futex_memory memory, size_t nr)
{
	struct futexes futexes = { 0 };
	char *data = malloc(strlen(text) + 1);

	memcpy(data, text, strlen(text) + 1);
	futex_parse(&futexes, data, strlen(text));
	assert_int_equal(futexes.memory, memory);
	assert_int_equal(futexes.nr, nr);
	futex_free(&futexes);
}

static void files(void **unused)
{
	parse("", FUTEX_MEMORY_UNKNOWN, 0);
	parse("format: 2\nmemory: read\n", FUTEX_MEMORY_UNKNOWN, 0);
	parse("format: 1\n", FUTEX_MEMORY_UNKNOWN, 0);
	parse("format: 1\nmemory: -(32-bit)\n", FUTEX_MEMORY_32_BIT, 0);
	parse("format: 1\nmemory: read\nthread: tid=-1 words=1,2,,x,0x,-\n",
	      FUTEX_MEMORY_READ, 1);
	/* More words than there are. */
	parse("format: 1\nmemory: read\nthread: words=0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9\n",
	      FUTEX_MEMORY_READ, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glibc_normal),
		cmocka_unit_test(glibc_types),
		cmocka_unit_test(glibc_robust),
		cmocka_unit_test(pi),
		cmocka_unit_test(musl),
		cmocka_unit_test(musl_normal),
		cmocka_unit_test(conditions),
		cmocka_unit_test(endless),
		cmocka_unit_test(joins),
		cmocka_unit_test(numbers),
		cmocka_unit_test(many_numbers),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
