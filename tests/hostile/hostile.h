/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lends nbddiag's accessors memory that is not what it should be. Each file in
 * debugfs nbddiag_hostile runs a group of tests when it is read, and prints
 * "ok - TEXT" or "not ok - TEXT". What a fault does, the kernel itself reports.
 */
#ifndef NBDDIAG_HOSTILE_H
#define NBDDIAG_HOSTILE_H

#include <linux/ktime.h>
#include <linux/seq_file.h>

#include "layout/layout.h"

struct dentry;

/**
 * struct bad_pointer - a pointer that leads nowhere, or to the wrong thing
 * @name: what it is
 * @address: the pointer
 * @readable: something can be read there, if only nonsense
 */
struct bad_pointer {
	const char *name;
	const void *address;
	bool readable;
};

#define BAD_MAX 40

extern struct bad_pointer bad[BAD_MAX];
extern unsigned int bad_nr;

/* Memory that its guard page follows, and which is mapped otherwise too. */
extern void *lent, *lent_direct;
#define LENT_SIZE (4 * PAGE_SIZE)

int bad_init(void);
void bad_exit(void);

/* bad[] but for what depends on the process that reads. */
void bad_refresh(void);

/**
 * struct verdicts - what a group of tests came to, so far
 * @m: where to print
 * @start: when the present test began
 * @longest: of them all
 */
struct verdicts {
	struct seq_file *m;
	u64 start;
	u64 longest;
};

/* How long one call may take; slower ones have failed. */
extern unsigned int limit_ms;

void test_begin(struct verdicts *v);

/* Ends what test_begin() began; false if that took too long. */
bool test_in_time(struct verdicts *v);

__printf(3, 4)
void test_says(struct verdicts *v, bool ok, const char *format, ...);

/* Writes a member of a private structure, where this kernel has it. */
#define forge(base, m, value) do { \
	typeof(value) forged_ = (value); \
	forge_bytes(base, m, &forged_, sizeof(forged_)); \
} while (0)

void forge_bytes(void *base, enum layout_member_id m, const void *value,
		 size_t size);

static inline void *forge_at(void *base, enum layout_member_id m)
{
	return (void *)layout_at(base, m);
}

/* A function that is called for each accessor; see accessors.c. */
unsigned int accessors_nr(void);
const char *accessor_name(unsigned int i);
/* Return: true if the accessor says that it knows nothing. */
bool accessor_call(unsigned int i, const void *p);

/* The groups of tests. */
void test_pointers(struct verdicts *v);
void test_random(struct verdicts *v);
void test_sockets(struct verdicts *v);
void test_contexts(struct verdicts *v);
void test_requests(struct verdicts *v);
void test_devices(struct verdicts *v);
void test_symbols(struct verdicts *v);

/* Devices that are not right, each with a file as nbddiag has them. */
int devices_lend(struct dentry *dir);
void devices_take_back(void);

/* A context that says of any thread that it waits for it; see contexts.c. */
int contexts_lie(struct dentry *dir);
void contexts_take_back(void);

/*
 * Makes the files quiesce, unquiesce, unlink and link: who writes a disk's name
 * there stops its queue, or takes nbd's way to its disk, and gives it back.
 */
void real_files(struct dentry *dir);

/* Makes the file allocations, see allocs.c. */
void allocs_watch(struct dentry *dir);
void allocs_end(void);

#endif /* NBDDIAG_HOSTILE_H */
