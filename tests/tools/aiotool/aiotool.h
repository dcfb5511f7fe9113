/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of aiotool: steps of its command line, and what they share. */
#ifndef AIOTOOL_H
#define AIOTOOL_H

#include <libaio.h>
#include <signal.h>
#include <stdbool.h>

#include "tool.h"

#define MAX_WORDS 8
#define MAX_CONTEXTS 1024
#define MAX_REQUESTS 1024
#define PAGE 4096

/**
 * struct step - an action of the command line
 * @action: which
 * @words: it and its arguments, ended by NULL
 * @nr: how many
 * @inner: of "thread": what it is to do
 */
struct step {
	const struct action *action;
	char *words[MAX_WORDS + 1];
	int nr;
	struct step *inner;
};

/**
 * struct action - something that can be done
 * @name: first word; NULL: a heading of the help, which is @help
 * @args: what the help calls its arguments
 * @help: what it does; may have several lines
 * @min: least number of arguments
 * @max: greatest
 * @run: does it; the arguments begin at words[1]
 */
struct action {
	const char *name;
	const char *args;
	const char *help;
	int min;
	int max;
	void (*run)(const struct step *step);
};

extern io_context_t contexts[MAX_CONTEXTS];
extern size_t nr_contexts;

/* What "ready" waits for. */
extern sigset_t signals;

/* Where the next request goes. */
extern uint64_t offset;

/* Does the steps that have not been done. */
void run_steps(void);

/* The context of that number, on the command line. */
size_t parse_index(const char *text);

void setup_one(unsigned int max_reqs);

/* Events in the ring of a context which nobody has taken. */
unsigned int unreaped(size_t index);

/* Submits @n requests to the device, one after the other, and does not wait. */
void transfer(size_t index, uint64_t n, bool write);

void do_setup(const struct step *step);
void do_destroy(const struct step *step);
void do_destroy_with(const struct step *step);
void do_head(const struct step *step);
void do_scribble(const struct step *step);
void do_unmap(const struct step *step);
void do_open(const struct step *step);
void do_open_buffered(const struct step *step);
void do_open_path(const struct step *step);
void do_open_write(const struct step *step);
void do_close(const struct step *step);
void do_bytes(const struct step *step);
void do_stride(const struct step *step);
void do_offset(const struct step *step);
void do_transfer(const struct step *step);
void do_sync_transfer(const struct step *step);
void do_poll(const struct step *step);
void do_fsync(const struct step *step);
void do_fail(const struct step *step);
void do_completed(const struct step *step);
void do_reap(const struct step *step);
void do_name(const struct step *step);
void do_threads(const struct step *step);
void do_vforks(const struct step *step);
void do_thread(const struct step *step);
void do_leader_exit(const struct step *step);
void do_clone(const struct step *step);
void do_fork(const struct step *step);
void do_exec(const struct step *step);
void do_map(const struct step *step);
void do_touch(const struct step *step);
void do_peek(const struct step *step);
void do_vhost(const struct step *step);
void do_churn(const struct step *step);
void do_ready(const struct step *step);

#endif /* AIOTOOL_H */
