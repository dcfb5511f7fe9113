// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of "nbddiag clean": each state with each combination of options,
 * each thing that forbids a step, and what the knob says afterwards.
 */
#include <stdbool.h>
#include <string.h>

#include "base/array_size.h"
#include "clean/knob.h"
#include "clean/plan.h"
#include "facts/text.h"
#include "text_build.h"
#include "unit.h"
#include "verdict/judge.h"

#define TEXT_LEN 8192

/* Incident 1, shortened: a dead socket, and one that nothing serves. */
static const char orphaned_file[] =
	"format: 1\n"
	"device: nbd101\n"
	"state: orphaned\n"
	"state_reason: disconnected-with-sockets\n"
	"attachable: no\n"
	"attachable_reason: started\n"
	"consistent: yes\n"
	"lock_holder: -\n"
	"generation: 0123456789abcdef\n"
	"openers: 1\n"
	"config_refs: 1\n"
	"kept_by: openers=1 receivers=0 netlink=0\n"
	"refs: 3\n"
	"index: 101\n"
	"device_flags: 0x2 DISCONNECT_REQUESTED\n"
	"timeout_s: 0\n"
	"setup_task: -\n"
	"attached_task: gone pid=315\n"
	"runtime_flags: 0xc DISCONNECTED HAS_PID_FILE\n"
	"dead_conn_timeout_s: 0\n"
	"num_connections: 2\n"
	"live_connections: 1\n"
	"recv_threads: 0\n"
	"peers_agree: yes\n"
	"peers_differing: 0\n"
	"sockets: total=2 counted=2 dead=1 live=1 held=0 shown=2\n"
	"requests: inflight=0 oldest_age_ns=- shown=0\n"
	"socket: index=0 dead=yes shutdown=both unsent_bytes=9 pending=no tx_lock=free\n"
	"socket: index=1 dead=no shutdown=none unsent_bytes=0 pending=no tx_lock=free\n";

/* ---- making files ---- */

static size_t key_len(const char *line)
{
	return strcspn(line, ":") + 1;
}

/* Takes away all lines with a key. */
static void drop(char *file, const char *line)
{
	char *at = file;
	size_t len;

	while (*at) {
		len = strcspn(at, "\n") + 1;
		if (strncmp(at, line, key_len(line)))
			at += len;
		else
			memmove(at, at + len, strlen(at + len) + 1);
	}
}

static bool may_come_twice(const char *line)
{
	return !strncmp(line, "socket:", 7) || !strncmp(line, "request:", 8) ||
	       !strncmp(line, "generation:", 11);
}

/*
 * Puts lines in the place of those with their keys; "key:" takes it away. Of
 * most keys the last line counts.
 */
static void replace(char *file, const char *lines)
{
	const char *at;
	size_t len;

	for (at = lines; *at; at += strcspn(at, "\n") + 1)
		drop(file, at);
	for (at = lines; *at; at += len) {
		len = strcspn(at, "\n") + 1;
		if (!may_come_twice(at))
			drop(file, at);
		assert_true(strlen(file) + len < TEXT_LEN);
		if (key_len(at) + 1 < len)
			strncat(file, at, len);
	}
}

/* ---- plans ---- */

#define SOCKETS 1
#define FAIL_IO 2

struct planned {
	struct clean_facts facts;
	struct clean_plan plan;
	struct verdict verdict;
};

static void parse(struct text *text, const char *file)
{
	assert_int_equal(text_build(text, file), TEXT_OK);
}

/* With lines in place of some of incident 1. */
static struct planned *plan(const char *lines, unsigned int options)
{
	struct clean_asked asked = { options & SOCKETS, options & FAIL_IO };
	struct planned *p = calloc(1, sizeof(*p));
	char file[TEXT_LEN];
	struct text text;

	assert_non_null(p);
	snprintf(file, sizeof(file), "%s", orphaned_file);
	replace(file, lines);
	parse(&text, file);
	judge_device(&p->verdict, &text, NULL, "nbd101");
	clean_facts_read(&p->facts, &text, "nbd101");
	clean_plan_make(&p->plan, &p->facts, &p->verdict, &asked);
	text_free(&text);
	return p;
}

static void done(struct planned *p)
{
	clean_plan_free(&p->plan);
	verdict_free(&p->verdict);
	free(p);
}

static bool has(char * const *notes, size_t nr, const char *text)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (strstr(notes[i], text))
			return true;
	return false;
}

static bool leaves(const struct planned *p, const char *text)
{
	return has(p->plan.not_done, p->plan.nr_not_done, text);
}

static bool keeps(const struct planned *p, const char *text)
{
	return has(p->plan.remains, p->plan.nr_remains, text);
}

/* Which steps, as the letters d, s and f. */
static const char *steps(const struct planned *p)
{
	static const char letters[] = "dsf";
	static char text[CLEAN_ACTIONS + 1];
	size_t i, nr = 0;

	for (i = 0; i < CLEAN_ACTIONS; i++) {
		if (p->plan.step[i].what) {
			assert_non_null(p->plan.step[i].cost);
			text[nr++] = letters[i];
		}
	}
	text[nr] = '\0';
	assert_int_equal(nr, p->plan.nr_steps);
	return text;
}

/* What is planned, and what is said of what is not. */
static void expect(const char *lines, unsigned int options, const char *want,
		   const char *left)
{
	struct planned *p = plan(lines, options);

	if (p->plan.refused)
		fail_msg("refused: %s; with %s", p->plan.refused, lines);
	if (strcmp(steps(p), want))
		fail_msg("steps '%s', not '%s', options %u, with %s", steps(p),
			 want, options, lines);
	if (left && !leaves(p, left))
		fail_msg("does not say '%s', options %u, with %s", left,
			 options, lines);
	done(p);
}

static void expect_refusal(const char *lines, int status, const char *why)
{
	unsigned int options;

	for (options = 0; options <= (SOCKETS | FAIL_IO); options++) {
		struct planned *p = plan(lines, options);

		assert_string_equal(steps(p), "");
		assert_false(p->plan.free);
		assert_non_null(p->plan.refused);
		if (!strstr(p->plan.refused, why))
			fail_msg("'%s', not '%s'", p->plan.refused, why);
		assert_int_equal(p->verdict.status, status);
		done(p);
	}
}

/* ---- files of other states ---- */

#define NO_CONFIG \
	"state: free\nstate_reason: no-config\nattachable: yes\n" \
	"attachable_reason: free\ngeneration: -(no-config)\nopeners: 0\n" \
	"config_refs: 0\nkept_by: -\nattached_task: -\nruntime_flags:\n" \
	"dead_conn_timeout_s:\nrecv_threads:\npeers_agree:\n" \
	"peers_differing:\nsockets:\nsocket:\n"

#define OPENED \
	"state: opened\nstate_reason: no-sockets\nattachable: yes\n" \
	"attachable_reason: opened-ioctl-only\ngeneration: -(no-sockets)\n" \
	"runtime_flags: 0x0\npeers_agree: -\nsocket:\n" \
	"sockets: total=0 counted=0 dead=0 live=0 held=0 shown=0\n"

#define SERVED \
	"attachable_reason: in-use\nconfig_refs: 2\nrecv_threads: 1\n" \
	"kept_by: openers=1 receivers=1 netlink=0\n"

/* All sockets dead. */
#define DEAD \
	"state: disconnected\nstate_reason: all-sockets-dead\n" \
	"sockets: total=1 counted=1 dead=1 live=0 held=0 shown=1\n" \
	"socket: index=0 dead=yes shutdown=both file_refs=1 unsent_bytes=9 pending=no tx_lock=free\n"

#define NETLINK \
	"openers: 0\nkept_by: openers=0 receivers=0 netlink=1\n" \
	"runtime_flags: 0x3c DISCONNECTED HAS_PID_FILE HAS_CONFIG_REF BOUND\n"

#define READS \
	"requests: inflight=2 oldest_age_ns=5 shown=2\n" \
	"request: op=read age_ns=5\nrequest: op=read age_ns=5\n"

#define WRITES \
	"requests: inflight=20 oldest_age_ns=5 shown=2\n" \
	"request: op=write age_ns=5\nrequest: op=read age_ns=5\n"

#define LOCKED \
	"consistent: no\nattachable: no\nattachable_reason: lock-held\n" \
	"lock_holder: pid=9 tgid=8 comm=\"qemu-nbd\" state=D\n" \
	"requests: inflight=1 oldest_age_ns=60000000000 shown=1\n" \
	"request: op=read age_ns=60000000000\n"

/* ---- states ---- */

static void free_device(void **unused)
{
	unsigned int options;

	for (options = 0; options <= (SOCKETS | FAIL_IO); options++) {
		struct planned *p = plan(NO_CONFIG, options);

		assert_true(p->plan.free);
		assert_int_equal(p->verdict.status, 0);
		assert_null(p->plan.refused);
		assert_string_equal(steps(p), "");
		done(p);
	}
}

static void refused(void **unused)
{
	expect_refusal("state: connected\nstate_reason: receivers-running\n"
		       SERVED, 1, "it is in use");
	expect_refusal("state: degraded\nstate_reason: some-sockets-dead\n"
		       SERVED, 1, "it is in use");
	expect_refusal("state: connected\nstate_reason: receivers-running\n"
		       SERVED "requests: inflight=1 oldest_age_ns=60000000000 shown=1\n"
		       "request: op=read age_ns=60000000000\n",
		       2, "it is in use");
	expect_refusal("state: setup\nstate_reason: setup-task-alive\n"
		       "attachable_reason: being-set-up\n",
		       1, "it is being set up");
	expect_refusal("state: unknown\nstate_reason: starter-alive\n"
		       "attachable: -(starter-alive)\n"
		       "attachable_reason: starter-alive\n",
		       3, "not known for certain");
	expect_refusal("state: hibernating\n", 3, "not known for certain");
	expect_refusal("recv_threads:\n", 3, "not known for certain");
	expect_refusal("consistent: no\nattachable_reason: lock-held\n"
		       "lock_holder: pid=9 tgid=8 comm=\"x\" state=S\n",
		       3, "not known for certain");
	expect_refusal(NO_CONFIG "openers: -(unreadable)\n", 3,
		       "not known for certain");
	/* Nor whether it is in use is certain without the lock, and it cannot be detached. */
	expect_refusal("state: connected\nstate_reason: receivers-running\n"
		       SERVED LOCKED, 2, "nbd's lock is held");
	expect_refusal(OPENED LOCKED, 2, "nbd's lock is held");
}

static void generations(void **unused)
{
	static const char * const wrong[] = {
		"generation: 0123456789abcde\n",
		"generation: 0123456789abcdef0\n",
		"generation: 0123456789ABCDEF\n",
		"generation: -\n", "generation: -(unreadable)\n",
		"generation: -(no-sockets)\n",
	};
	struct planned *p;
	size_t i;

	expect_refusal("generation:\n", 2, "this module has no generation");
	expect_refusal("generation: 0123456789abcdef\n"
		       "generation: 0123456789abcdef\n", 2,
		       "this module has no generation");
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		expect_refusal(wrong[i], 2, "its generation is not known");
	p = plan("", SOCKETS);
	assert_string_equal(p->plan.generation, "0123456789abcdef");
	assert_int_equal(p->plan.index, 101);
	done(p);
}

static void only_open(void **unused)
{
	unsigned int options;
	struct planned *p;

	for (options = 0; options <= (SOCKETS | FAIL_IO); options++)
		expect(OPENED, options, "", "is not attached");
	p = plan(OPENED, 0);
	assert_int_equal(p->verdict.status, 1);
	assert_true(keeps(p, "openers: 1"));
	done(p);
}

/* A file that is cut off is not known for certain. */
static void cut(void **unused)
{
	struct clean_asked asked = { true, true };
	struct clean_facts facts;
	struct clean_plan made;
	struct verdict verdict;
	char file[TEXT_LEN];
	struct text text;
	const char *at;

	at = strchr(orphaned_file, '\n') + 1;
	for (; *at; at = strchr(at, '\n') + 1) {
		snprintf(file, at - orphaned_file + 1, "%s", orphaned_file);
		parse(&text, file);
		judge_device(&verdict, &text, NULL, "nbd101");
		clean_facts_read(&facts, &text, "nbd101");
		clean_plan_make(&made, &facts, &verdict, &asked);
		assert_non_null(made.refused);
		assert_int_equal(made.nr_steps, 0);
		clean_plan_free(&made);
		verdict_free(&verdict);
		text_free(&text);
	}
}

/* ---- orphaned ---- */

static void orphaned(void **unused)
{
	struct planned *p;

	expect("", 0, "", "--sockets would shut what nothing serves and no process has open (1)");
	expect("", SOCKETS, "s", NULL);
	expect("", FAIL_IO, "", "--fail-io: no request is in flight");
	expect("", SOCKETS | FAIL_IO, "s", "--fail-io: no request is in flight");

	p = plan("", SOCKETS);
	assert_true(strstr(p->plan.step[CLEAN_SOCKETS].what, "open (1)"));
	assert_true(strstr(p->plan.step[CLEAN_SOCKETS].cost,
			   "does not become attachable"));
	assert_true(strstr(p->plan.step[CLEAN_SOCKETS].cost, "no request fails"));
	assert_false(leaves(p, "--"));
	assert_true(keeps(p, "would write to the next volume"));
	assert_int_equal(p->plan.nr_remains, 1);
	done(p);

	/* Of seven not dead, three are somebody's. */
	p = plan("sockets: total=2 counted=2 dead=0 live=7 held=3 shown=2\n",
		 SOCKETS);
	assert_true(strstr(p->plan.step[CLEAN_SOCKETS].what, "open (4)"));
	assert_true(keeps(p, "sockets that a process has open: 3"));
	done(p);

	/* Who set it up may be about to start it. */
	expect("setup_task: pid=7 tgid=7 comm=\"x\" state=S has_device_open=yes\n",
	       SOCKETS, "", "--sockets: thread 7");
	expect("setup_task: pid=7 tgid=7 comm=\"x\" state=S has_device_open=no\n",
	       SOCKETS, "s", NULL);
}

static void orphaned_with_requests(void **unused)
{
	struct planned *p;

	expect(READS, 0, "", "--fail-io would fail what is in flight");
	expect(READS, 0, "", "--sockets would shut");
	expect(READS, SOCKETS, "s", "--fail-io would fail what is in flight");
	/* nbd's own way, and then the knob, if something is left. */
	expect(READS, FAIL_IO, "d", "--sockets would shut");
	expect(READS, SOCKETS | FAIL_IO, "dsf", NULL);
	/* A sender hangs: not nbd's way. The knob needs the sockets first. */
#define SENDING \
	"socket: index=0 dead=yes shutdown=both unsent_bytes=9 pending=no tx_lock=free\n" \
	"socket: index=1 dead=no shutdown=none unsent_bytes=0 pending=no tx_lock=held\n"
	expect(READS SENDING, FAIL_IO, "",
	       "which could hang or do harm: somebody is sending");
	expect(READS SENDING, FAIL_IO, "",
	       "--fail-io: sockets must be shut down first. --sockets allows that");
	expect(READS SENDING, SOCKETS | FAIL_IO, "sf",
	       "somebody is sending");

	p = plan(READS SENDING, SOCKETS);
	assert_true(strstr(p->plan.step[CLEAN_SOCKETS].cost,
			   "while they are sent, fail. It is DATA LOSS"));
	done(p);
	p = plan(READS, 0);
	assert_true(keeps(p, "requests in flight"));
	done(p);
	p = plan(READS, FAIL_IO);
	assert_false(keeps(p, "requests in flight"));
	done(p);
}

/* ---- disconnected ---- */

static void disconnected(void **unused)
{
	expect(DEAD, 0, "", NULL);
	expect(DEAD, SOCKETS, "", "--sockets: there is no socket");
	expect(DEAD, FAIL_IO, "", "--fail-io: no request is in flight");
	expect(DEAD READS, 0, "", "--fail-io would fail what is in flight");
	expect(DEAD READS, SOCKETS, "", "--fail-io would fail");
	expect(DEAD READS, FAIL_IO, "df", NULL);
	expect(DEAD READS, SOCKETS | FAIL_IO, "df", "--sockets: there is no socket");
	/* Receivers that still run. */
	expect(DEAD "recv_threads: 1\n", SOCKETS | FAIL_IO, "",
	       "its receivers still run");
	expect(DEAD "kept_by: openers=1 receivers=1 netlink=0\n",
	       SOCKETS | FAIL_IO, "", "its receivers still run");
	expect(DEAD "kept_by: -(unreadable)\n", SOCKETS | FAIL_IO, "",
	       "its receivers still run");
	expect(DEAD "recv_threads: -(unreadable)\n", SOCKETS | FAIL_IO, "",
	       "its receivers still run");
	/* Requests that are not known. */
	expect(DEAD "requests: -(unreadable)\n", 0, "", "--fail-io would fail");
	expect(DEAD "requests: -(unreadable)\n", FAIL_IO, "d", NULL);
	expect(DEAD "requests: -(unreadable)\nruntime_flags: 0x0\n", FAIL_IO,
	       "", "--fail-io: whether requests are in flight is not known");
	/* They may wait for a reconnect. */
	expect(DEAD READS "dead_conn_timeout_s: 30\n"
	       "runtime_flags: 0x8 HAS_PID_FILE\n", FAIL_IO, "d", NULL);
	expect(DEAD READS "dead_conn_timeout_s: 30\nruntime_flags: 0x0\n",
	       FAIL_IO, "", "--fail-io: requests may wait for a reconnect, for 30 s");
	expect(DEAD READS "dead_conn_timeout_s: 30\n"
	       "runtime_flags: 0x4 DISCONNECTED\n", FAIL_IO, "f", NULL);
}

/* A process has the sockets open: they are never touched. */
static void held_sockets(void **unused)
{
	static const char held[] =
		"state: disconnected\nstate_reason: sockets-held\n"
		"sockets: total=2 counted=2 dead=1 live=1 held=1 shown=2\n";
	char lines[1024];

	expect(held, SOCKETS, "", "--sockets: there is no socket");
	snprintf(lines, sizeof(lines), "%s%s", held, READS);
	expect(lines, FAIL_IO, "", "a process has a socket of it open");
	expect(lines, FAIL_IO, "", "--fail-io: a process has sockets of it open");
	snprintf(lines, sizeof(lines), "%s%s", held, NETLINK);
	expect(lines, 0, "", "a process has a socket of it open, and may use it");
	/* A stray beside it. */
	expect(READS "sockets: total=2 counted=2 dead=0 live=2 held=1 shown=2\n"
	       "socket: index=0 dead=no shutdown=none unsent_bytes=0 pending=no tx_lock=free\n"
	       "socket: index=1 dead=no shutdown=none unsent_bytes=0 pending=no tx_lock=free\n",
	       SOCKETS | FAIL_IO, "s", "these are never touched. End that process first");
	/* The process has shut its own one down. */
	expect(READS "sockets: total=2 counted=2 dead=0 live=2 held=1 shown=2\n"
	       "socket: index=0 dead=no shutdown=none unsent_bytes=0 pending=no tx_lock=free\n"
	       "socket: index=1 dead=no shutdown=both unsent_bytes=0 pending=no tx_lock=free\n",
	       SOCKETS | FAIL_IO, "sf", NULL);
}

/* ---- nbd's own way ---- */

static void by_netlink(void **unused)
{
	static const struct {
		const char *lines;
		const char *why;
	} forbidden[] = {
		{ "runtime_flags: 0x34 DISCONNECTED HAS_CONFIG_REF BOUND\n",
		  "never started" },
		{ "index: -(unreadable)\n", "number in nbd is not known" },
		{ "index: 10\n", "number in nbd is not known" },
		{ "index: 4294967397\n", "number in nbd is not known" },
		{ "socket: index=0 dead=yes unsent_bytes=9 pending=no tx_lock=held\n",
		  "somebody is sending" },
		{ "socket: index=0 dead=yes unsent_bytes=9 pending=no\n",
		  "whether anybody is sending" },
		{ "socket: index=0 dead=yes pending=no tx_lock=-(no-member)\n",
		  "whether anybody is sending" },
		{ "socket: index=0 dead=no unsent_bytes=1 pending=no tx_lock=free\n",
		  "a server may not have read" },
		{ "socket: index=0 dead=no unsent_bytes=-(unreadable) pending=no tx_lock=free\n",
		  "a server may not have read" },
		{ "socket: index=0 dead=no unsent_bytes=0 pending=yes sent_bytes=9 tx_lock=free\n",
		  "half sent" },
		{ "socket: index=0 dead=-(unreadable) unsent_bytes=0 pending=- tx_lock=free\n",
		  "half sent" },
		{ "sockets: total=3 counted=1 dead=1 live=2 held=0 shown=1\n",
		  "not all of its sockets" },
		{ "sockets: total=1 counted=1 dead=1 live=0 held=-(unreadable) shown=1\n",
		  "a process has a socket" },
	};
	char lines[2048];
	struct planned *p;
	size_t i;

	expect(DEAD NETLINK, 0, "d", NULL);
	expect(DEAD NETLINK, SOCKETS | FAIL_IO, "d", NULL);
	expect(DEAD NETLINK READS, 0, "",
	       "it would fail what is in flight. --fail-io allows that");
	expect(DEAD NETLINK "requests: -(unreadable)\n", SOCKETS, "",
	       "it would fail what is in flight. --fail-io allows that");
	expect(DEAD NETLINK READS, FAIL_IO, "df", NULL);
	expect(NETLINK, 0, "d", "--sockets would shut");
	expect(NETLINK, SOCKETS, "ds", NULL);
	for (i = 0; i < ARRAY_SIZE(forbidden); i++) {
		snprintf(lines, sizeof(lines), "%s", DEAD NETLINK);
		replace(lines, forbidden[i].lines);
		expect(lines, 0, "", forbidden[i].why);
		expect(lines, SOCKETS, "", forbidden[i].why);
	}

	/* It has closed: to send there fails at once. */
	snprintf(lines, sizeof(lines), "%s", DEAD NETLINK);
	replace(lines, "sockets: total=1 counted=1 dead=0 live=1 held=0 shown=1\n"
		"socket: index=0 dead=no shutdown=both unsent_bytes=-(peer-closed) pending=yes tx_lock=free\n");
	expect(lines, 0, "d", NULL);

	p = plan(DEAD NETLINK, 0);
	assert_true(strstr(p->plan.step[CLEAN_DISCONNECT].what,
			   "drops the reference"));
	assert_true(strstr(p->plan.step[CLEAN_DISCONNECT].cost,
			   "no longer be reconnected"));
	assert_int_equal(p->plan.nr_remains, 0);
	done(p);
	p = plan(DEAD NETLINK READS, 0);
	assert_true(keeps(p, "nbd's own reference"));
	done(p);
}

/* ---- nbd's lock ---- */

/* The module may prove that who has it waits for these requests. */
static void lock_held(void **unused)
{
	expect(DEAD LOCKED, 0, "", "--fail-io would fail");
	expect(DEAD LOCKED, SOCKETS, "", "--sockets: there is no socket");
	expect(DEAD LOCKED, FAIL_IO, "f", "nbd's lock is held");
	expect(DEAD LOCKED, SOCKETS | FAIL_IO, "f", "all of genetlink with it");
	expect(LOCKED, SOCKETS, "", "Without it no socket is shut");
	expect(LOCKED, 0, "", "--sockets would do nothing now: nbd's lock is held");
	expect(LOCKED, 0, "", "--fail-io would do nothing now: sockets must be shut down first");
	expect(LOCKED, SOCKETS | FAIL_IO, "",
	       "--fail-io: sockets must be shut down first, and nbd's lock is held");
	expect(DEAD LOCKED NETLINK, 0, "", "disconnect over netlink");
}

/* ---- what it costs ---- */

static void cost_is(const char *requests, const char *want)
{
	char lines[2048];
	struct planned *p;

	snprintf(lines, sizeof(lines), DEAD "%s", requests);
	p = plan(lines, FAIL_IO);
	assert_string_equal(steps(p), "df");
	if (!strstr(p->plan.step[CLEAN_FAIL_IO].cost, want) ||
	    !strstr(p->plan.step[CLEAN_DISCONNECT].cost, want))
		fail_msg("'%s', not '%s'", p->plan.step[CLEAN_FAIL_IO].cost,
			 want);
	assert_true(strstr(p->plan.step[CLEAN_FAIL_IO].cost,
			   "A server that was only stopped may still"));
	assert_true(strstr(p->plan.step[CLEAN_FAIL_IO].cost, "read-only"));
	done(p);
}

static void costs(void **unused)
{
	cost_is(READS, "reads in flight (2) fail with I/O errors. No write is lost");
	cost_is(WRITES, "DATA LOSS: requests in flight (20) fail with I/O errors, ");
	cost_is(WRITES, "writes among them: at least 1. ");
	cost_is("requests: inflight=1 oldest_age_ns=5 shown=1\n"
		"request: op=flush age_ns=5\n",
		"writes among them: 1. ");
	cost_is("requests: inflight=20 oldest_age_ns=5 shown=1\n"
		"request: op=read age_ns=5\n",
		"in flight (20) fail with I/O errors. It is DATA LOSS if any of them writes");
	cost_is("requests: inflight=1 oldest_age_ns=5 shown=1\n"
		"request: op=13 age_ns=5\n",
		"in flight (1) fail with I/O errors. It is DATA LOSS if any of them writes");
}

/* ---- waiting ---- */

static bool may_change(const char *lines, bool ending, double quiet_s)
{
	struct planned *p = plan(lines, 0);
	bool may = clean_may_change(&p->facts, ending, quiet_s);

	done(p);
	return may;
}

static void waiting(void **unused)
{
	assert_true(may_change("", false, 0.5));
	assert_false(may_change("", false, 1));
	assert_true(may_change("", true, 1));
	/* Who waits for requests that nothing ends does not go either. */
	assert_false(may_change(READS, true, 1));
	assert_true(may_change(READS "timeout_s: 30\n", false, 1));
	assert_true(may_change("consistent: no\n", false, 1));
	assert_true(may_change("kept_by: openers=1 receivers=1 netlink=0\n",
			       false, 1));
}

/* ---- what the knob says ---- */

static const char command[] = "nbd101 sockets 0123456789abcdef";

static const char last_file[] =
	"format: 1\n"
	"allowed: yes\n"
	"result: done\n"
	"reason: ok\n"
	"errno: 0\n"
	"time_s: 1763720000\n"
	"by: pid=1234 comm=\"nbddiag\" loginuid=1000\n"
	"command: \"nbd101 sockets 0123456789abcdef\"\n"
	"sockets_shut: 1310\n"
	"sockets_left: 2\n"
	"sockets_held: 3\n"
	"requests_failed: 4\n"
	"requests_left: 5\n"
	"message: \"1310 sockets, \\x1b[2J\"\n";

static void read_outcome(struct knob_outcome *outcome, int error,
			 const char *lines)
{
	char file[TEXT_LEN];
	struct text text;

	memset(outcome, 0, sizeof(*outcome));
	outcome->error = error;
	snprintf(file, sizeof(file), "%s", last_file);
	replace(file, lines);
	parse(&text, file);
	knob_outcome_read(outcome, &text, command);
	text_free(&text);
}

static void knob_says(int error, const char *lines, bool said, bool partial)
{
	struct knob_outcome outcome;

	read_outcome(&outcome, error, lines);
	if (outcome.said != said || outcome.partial != partial)
		fail_msg("said %d, partial %d, with %s", outcome.said,
			 outcome.partial, lines);
	if (!said)
		assert_null(outcome.message);
	knob_outcome_free(&outcome);
}

static void knob(void **unused)
{
	struct knob_outcome outcome;

	read_outcome(&outcome, 0, "");
	assert_true(outcome.said);
	assert_false(outcome.partial);
	assert_string_equal(outcome.message, "1310 sockets, \\x1b[2J");
	assert_int_equal(outcome.shut.nr, 1310);
	assert_int_equal(outcome.left.nr, 2);
	assert_int_equal(outcome.held.nr, 3);
	assert_int_equal(outcome.failed.nr, 4);
	assert_int_equal(outcome.unfailed.nr, 5);
	knob_outcome_free(&outcome);

	knob_says(11, "result: partial\nerrno: 11\n", true, true);
	knob_says(61, "result: refused\nerrno: 61\n", true, false);
	/* Of somebody else, or of another time. */
	knob_says(0, "command: \"nbd101 fail-io 0123456789abcdef\"\n", false,
		  false);
	knob_says(61, "", false, false);
	knob_says(0, "result: refused\nerrno: 61\n", false, false);
	knob_says(0, "result: refused\n", false, false);
	knob_says(61, "result: refused\nerrno: 11\n", false, false);
	knob_says(0, "result: partial\n", false, false);
	knob_says(0, "errno: -\n", false, false);
	knob_says(0, "errno:\n", false, false);
	knob_says(1, "result: none\ncommand:\nerrno:\n", false, false);
	/* Without some keys, or a sentence. */
	read_outcome(&outcome, 0, "message:\nsockets_shut: x\n");
	assert_true(outcome.said);
	assert_null(outcome.message);
	assert_false(outcome.shut.known);
	knob_outcome_free(&outcome);
}

static void words(void **unused)
{
	assert_string_equal(clean_action_word(CLEAN_SOCKETS), "sockets");
	assert_string_equal(clean_action_word(CLEAN_FAIL_IO), "fail-io");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_device),
		cmocka_unit_test(refused),
		cmocka_unit_test(generations),
		cmocka_unit_test(only_open),
		cmocka_unit_test(cut),
		cmocka_unit_test(orphaned),
		cmocka_unit_test(orphaned_with_requests),
		cmocka_unit_test(disconnected),
		cmocka_unit_test(held_sockets),
		cmocka_unit_test(by_netlink),
		cmocka_unit_test(lock_held),
		cmocka_unit_test(costs),
		cmocka_unit_test(waiting),
		cmocka_unit_test(knob),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
