/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of stormtool: times, what is under way, readers of files, and its commands. */
#ifndef STORMTOOL_H
#define STORMTOOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "command_line.h"
#include "tool.h"

#define MAX_READERS 16
#define MAX_HELD 64

/* Longer than any file. */
#define TEXT_MAX (4 << 20)

/* How often a watcher looks whether its processor runs. */
#define BEAT 0.01

/* The command line. */
struct stormtool_options {
	uint64_t readers;
	uint64_t hold;
	uint64_t limit_ms;
	const char *gate;
	const char *gone;
};

extern struct stormtool_options opt;

/* What may not take longer (s). */
static inline double limit(void)
{
	return opt.limit_ms / 1000.0;
}

/* --- how long something was held up --- */

/* How long a task has run, and how long it was ready to run and did not. */
struct sched {
	double ran;
	double waited;
};

/**
 * struct span - what was measured
 * @start: when it began
 * @sched: what the kernel had counted for the task until then
 * @paused: how long the machine had been stopped until then
 * @wall: how long it took
 * @held_up: the part of @wall in which the task slept or ran
 * @slept: the part of @held_up in which it did not run
 */
struct span {
	double start;
	struct sched sched;
	double paused;
	double wall;
	double held_up;
	double slept;
};

/* Has a thread on each processor tell when none runs. */
void watch_cpus(void);

/* A descriptor of what the kernel has counted for a task: a name below /proc. */
int open_schedstat(const char *task);

struct sched read_sched(int fd);

void span_begin(struct span *span, struct sched sched);

void span_end(struct span *span, double end, struct sched sched);

/* --- what does not come back --- */

/* A task's system call or command under way. @start is 0 when there is none. */
struct under_way {
	_Atomic double start;
	_Atomic bool told;
	char stack[64];
	char what[300];
};

extern struct under_way ways[MAX_READERS + 1];

/* Has a thread say what takes longer than the limit. */
void watch_under_way(void);

void begin_way(struct under_way *way, double start);

/* --- readers --- */

/**
 * struct reader - a thread that reads
 * @way: what it is doing
 * @number: which
 * @schedstat: descriptor of its own
 * @turn: the first lock of the gate
 * @gate: the second one
 * @seed: of its random numbers
 * @text: room for a file
 * @reads: files that were read, in whatever way
 * @gone: files that went away
 * @worst: what was held up longest
 * @worst_by: in which file and by what
 * @sleepiest: what slept longest
 * @sleepiest_by: likewise
 * @slowest: the longest between begin and end, of whatever
 */
struct reader {
	struct under_way *way;
	size_t number;
	int schedstat;
	int turn;
	int gate;
	unsigned int seed;
	char *text;
	unsigned long reads;
	unsigned long gone;
	struct span worst;
	char worst_by[300];
	struct span sleepiest;
	char sleepiest_by[300];
	double slowest;
};

extern atomic_bool enough;
extern double end_of_reading;

/* Whether it is neither enough nor late. */
bool goes_on(void);

/* Shorter, if it is enough meanwhile. */
void nap(double seconds);

/* Each does one system call, and takes its time. */
int open_file(struct reader *r, int dir, const char *name);
void close_file(struct reader *r, const char *name, int fd);
ssize_t read_some(struct reader *r, const char *name, int fd, char *text,
		  size_t size);

/*
 * Ends the program if a reading from the start does not begin as it must.
 * Return: whether anything was read
 */
bool check_start(const char *name, const char *text, ssize_t len);

/* In a way that chance says. Return: whether it could be read, or errno says why not */
bool read_in_some_way(struct reader *r, const char *name, int fd);

/* Counts a file as read or, by errno, as gone; ends the program if it is neither. */
void count_read(struct reader *r, const char *name, bool ok);

/* Prints the sums of readers and the longest time. Return: the exit status */
int print_result(const struct reader *readers, size_t nr);

/* --- commands: each does what its line of the help says --- */

int cmd_read(void);
int cmd_reread(void);
int cmd_time(void);

#endif /* STORMTOOL_H */
