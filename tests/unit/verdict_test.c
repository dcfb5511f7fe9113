// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict of "nbddiag check": every state and reason of nbddiag(4), and
 * that nothing but a device which is wholly known and free is called free.
 */
#include <stdbool.h>
#include <string.h>

#include "base/array_size.h"
#include "facts/brief.h"
#include "facts/text.h"
#include "text_build.h"
#include "unit.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

#define TEXT_LEN 8192

/* How many were judged by what "devices" would say of them. */
static unsigned int judged_by_line;

/* Files as the module prints them; cases replace lines of these. */
static const char free_file[] =
	"format: 1\n"
	"device: nbd101\n"
	"dev: 43:3232\n"
	"state: free\n"
	"state_reason: no-config\n"
	"attachable: yes\n"
	"attachable_reason: free\n"
	"consistent: yes\n"
	"lock_holder: -\n"
	"openers: 0\n"
	"config_refs: 0\n"
	"kept_by: -\n"
	"refs: 1\n"
	"index: 101\n"
	"capacity_bytes: 0\n"
	"block_size_bytes: 512\n"
	"read_only: no\n"
	"device_flags: 0x2 DISCONNECT_REQUESTED\n"
	"timeout_s: 0\n"
	"setup_task: -\n"
	"attached_task: -\n"
	"backend: -(no-member)\n"
	"requests: inflight=0 oldest_age_ns=- shown=0\n";

static const char used_file[] =
	"format: 1\n"
	"device: nbd101\n"
	"dev: 43:3232\n"
	"state: connected\n"
	"state_reason: receivers-running\n"
	"attachable: no\n"
	"attachable_reason: in-use\n"
	"consistent: yes\n"
	"lock_holder: -\n"
	"openers: 1\n"
	"config_refs: 2\n"
	"kept_by: openers=1 receivers=1 netlink=0\n"
	"refs: 3\n"
	"index: 101\n"
	"capacity_bytes: 10485760\n"
	"block_size_bytes: 512\n"
	"read_only: no\n"
	"device_flags: 0x0\n"
	"timeout_s: 0\n"
	"setup_task: pid=7 tgid=7 comm=\"nbd-client\" state=S has_device_open=yes\n"
	"attached_task: pid=7 tgid=7 comm=\"nbd-client\" state=S has_device_open=yes\n"
	"backend: -\n"
	"flags: 0x1 HAS_FLAGS\n"
	"runtime_flags: 0x8 HAS_PID_FILE\n"
	"config_size_bytes: 10485760\n"
	"config_block_size_bytes: 512\n"
	"dead_conn_timeout_s: 0\n"
	"num_connections: 1\n"
	"live_connections: 1\n"
	"recv_threads: 1\n"
	"peers_agree: yes\n"
	"peers_differing: 0\n"
	"sockets: total=1 counted=1 dead=0 live=1 held=1 shown=1\n"
	"requests: inflight=0 oldest_age_ns=- shown=0\n"
	"socket: index=0 dead=no family=unix peer=path:\"/run/a\" pending=no\n";

/* ---- making files ---- */

static void start(char *file, const char *base)
{
	snprintf(file, TEXT_LEN, "%s", base);
}

static size_t key_len(const char *line)
{
	return strcspn(line, ":") + 1;
}

/*
 * Puts lines in the place of those with their key; a line "key:" alone takes
 * it away, and what has no place is added.
 */
static void replace(char *file, const char *lines)
{
	for (; *lines; lines += strcspn(lines, "\n") + 1) {
		size_t len = strcspn(lines, "\n") + 1, key = key_len(lines);
		size_t old = 0;
		char *at = file;

		while (*at && strncmp(at, lines, key))
			at += strcspn(at, "\n") + 1;
		if (*at)
			old = strcspn(at, "\n") + 1;
		if (key + 1 == len)
			len = 0;
		assert_true(strlen(file) + len < TEXT_LEN);
		memmove(at + len, at + old, strlen(at + old) + 1);
		memcpy(at, lines, len);
	}
}

static bool parse(struct text *text, const char *file)
{
	return text_build(text, file) == TEXT_OK;
}

/* ---- the file "devices" ---- */

static void add_field(char *line, const char *name, struct value value)
{
	size_t at = strlen(line);

	if (value.kind == VALUE_MISSING)
		return;
	at += snprintf(line + at, TEXT_LEN - at, " %s=", name);
	if (value.kind == VALUE_UNKNOWN)
		snprintf(line + at, TEXT_LEN - at, "-(%.*s)", (int)value.len, value.at);
	else if (memchr(value.at, ' ', value.len))
		snprintf(line + at, TEXT_LEN - at, "\"%.*s\"", (int)value.len, value.at);
	else
		snprintf(line + at, TEXT_LEN - at, "%.*s", (int)value.len, value.at);
}

/* If the requests are not known, the line says so of both. */
static struct value of_requests(const struct text *text, const char *field)
{
	struct value all = text_get(text, "requests");

	return all.kind == VALUE_UNKNOWN ? all :
		text_key_field(text, "requests", field);
}

/* The line of a device, from its file. */
static void say_briefly(char *line, const struct text *text)
{
	static const char * const keys[] = {
		"state", "attachable", "config_refs", "consistent",
		"state_reason", "attachable_reason", "capacity_bytes", "openers",
	};
	struct value flags = text_get(text, "device_flags");
	size_t i;

	*line = '\0';
	add_field(line, "name", text_get(text, "device"));
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		add_field(line, keys[i], text_get(text, keys[i]));
	add_field(line, "inflight", of_requests(text, "inflight"));
	add_field(line, "oldest_age_ns", of_requests(text, "oldest_age_ns"));
	/* Its names are left out. */
	if (flags.kind == VALUE_GIVEN)
		flags.len = strcspn(flags.at, " ");
	add_field(line, "device_flags", flags);
}

/* What only a file can say wrongly. */
static bool is_wrong_elsewhere(const struct verdict *v, const struct text *text)
{
	return !strcmp(v->reason, "malformed") ||
	       (value_is(text_get(text, "state"), "free") &&
		text_get(text, "kept_by").kind != VALUE_NONE);
}

/* It is judged as its file is, or only the file can tell. */
static void judge_line(const struct verdict *by_file, const struct text *text)
{
	char line[TEXT_LEN];
	struct text brief;
	struct verdict v;

	say_briefly(line, text);
	brief_parse(&brief, line);
	if (judge_brief(&v, &brief, "nbd101") &&
	    !is_wrong_elsewhere(by_file, text)) {
		if (strcmp(v.word, by_file->word) || v.status != by_file->status ||
		    strcmp(v.reason, by_file->reason))
			fail_msg("%s/%s, by the file %s/%s: %s", v.word, v.reason,
				 by_file->word, by_file->reason, line);
		judged_by_line++;
	}
	verdict_free(&v);
	text_free(&brief);
}

static void judge_both(struct verdict *v, const char *file, const char *then)
{
	struct text text, before;

	assert_true(parse(&text, file));
	if (then)
		assert_true(parse(&before, then));
	judge_device(v, &text, then ? &before : NULL, "nbd101");
	if (!then)
		judge_line(v, &text);
	text_free(&text);
	if (then)
		text_free(&before);
	assert_non_null(v->word);
	assert_non_null(v->reason);
	assert_non_null(v->text);
}

static void expect(struct verdict *v, const char *word, int status,
		   const char *reason)
{
	if (strcmp(v->word, word) || v->status != (unsigned int)status ||
	    strcmp(v->reason, reason))
		fail_msg("%s/%d/%s, not %s/%d/%s: %s", v->word, v->status,
			 v->reason, word, status, reason, v->text);
}

static void judge(struct verdict *v, const char *base, const char *lines)
{
	char file[TEXT_LEN];

	start(file, base);
	replace(file, lines);
	judge_both(v, file, NULL);
}

static void case_of(const char *base, const char *lines, const char *word,
		    int status, const char *reason)
{
	struct verdict v;

	judge(&v, base, lines);
	expect(&v, word, status, reason);
	verdict_free(&v);
}

/* ---- what is in a verdict ---- */

static bool step_has(const struct verdict *v, size_t i, const char *action,
		     const char *cost)
{
	return i < v->nr_steps && strstr(v->step[i].action, action) &&
	       strstr(v->step[i].cost, cost);
}

static bool warns(const struct verdict *v, const char *what)
{
	size_t i;

	for (i = 0; i < v->nr_warnings; i++)
		if (strstr(v->warning[i], what))
			return true;
	return false;
}

/* ---- free ---- */

static void free_device(void **unused)
{
	struct verdict v;

	judge(&v, free_file, "");
	expect(&v, "free", 0, "free");
	assert_int_equal(v.nr_steps, 0);
	assert_int_equal(v.nr_warnings, 0);
	assert_false(v.fleeting);
	verdict_free(&v);
	/* What a newer module adds does not matter. */
	case_of(free_file, "new_key: 5\n", "free", 0, "free");
}

/* Each of these alone makes it another verdict than free. */
static void never_free(void **unused)
{
	static const char * const lines[] = {
		"device: nbd10\n", "device: -\n",
		"state: opened\n", "state: Free\n", "state: free now\n",
		"state: -\n", "state: -(free)\n", "state: unknown\n",
		"state: \"free\n", "state: resting\n",
		"state_reason: no-sockets\n", "state_reason: new-reason\n",
		"state_reason: -\n",
		"attachable: no\n", "attachable: -\n",
		"attachable: -(unreadable)\n", "attachable: maybe\n",
		"attachable_reason: opened-ioctl-only\n",
		"attachable_reason: in-use\n", "attachable_reason: -\n",
		"attachable_reason: lock-held\n",
		"attachable_reason: going-away\n",
		"attachable_reason: new-reason\n",
		"consistent: no\n", "consistent: -(unreadable)\n",
		"consistent: -\n", "consistent: maybe\n",
		"lock_holder: gone\n", "lock_holder: -(wrong-size)\n",
		"lock_holder: pid=1 tgid=1 comm=\"x\" state=D\n",
		"openers: 1\n", "openers: -\n", "openers: -(unreadable)\n",
		"openers: x\n", "openers: -1\n", "openers: 0x\n",
		"config_refs: 1\n", "config_refs: -(unreadable)\n",
		"config_refs: -\n",
		"kept_by: openers=0 receivers=0 netlink=0\n",
		"kept_by: openers=0 receivers=0 netlink=1\n",
		"kept_by: -(unreadable)\n",
		"device_flags: 0x3 DESTROY_ON_DISCONNECT DISCONNECT_REQUESTED\n",
		"requests: inflight=1 oldest_age_ns=5 shown=0\n",
		"requests: inflight=0 oldest_age_ns=- shown=1\n",
		"requests: inflight=- oldest_age_ns=- shown=-\n",
		"requests: -(unreadable)\n", "requests: -(layout-unavailable)\n",
		"requests: -\n", "requests: 0\n", "requests: inflight=0\n",
		"request: op=read sector=0 bytes=512 age_ns=1\n",
		"socket: index=0 dead=no\n",
		"sockets: total=0 counted=0 dead=0 live=0 held=0 shown=0\n",
		"runtime_flags: 0x0\n", "recv_threads: 0\n",
	};
	struct verdict v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		judge(&v, free_file, lines[i]);
		if (!v.status)
			fail_msg("free in spite of %s", lines[i]);
		verdict_free(&v);
	}
	/* The same, said to be unknown rather than guessed. */
	case_of(free_file, "openers: 1\n", "unknown", 3, "contradiction");
	case_of(free_file, "openers: -(unreadable)\n", "unknown", 3,
		"not-all-known");
	case_of(free_file, "requests: -(unreadable)\n", "unknown", 3,
		"not-all-known");
	case_of(free_file, "requests: inflight=1 oldest_age_ns=5 shown=0\n",
		"unknown", 3, "contradiction");
	case_of(free_file, "device: nbd10\n", "unknown", 3, "malformed");
	case_of(free_file, "state: resting\n", "unknown", 3, "unknown-state");
	case_of(free_file, "attachable: no\nattachable_reason: going-away\n",
		"unknown", 3, "going-away");
}

/* Cut off at each line, and without each line. */
static void free_and_cut(void **unused)
{
	static const char * const not_needed[] = {
		"dev: ", "index: ", "capacity_bytes: ", "block_size_bytes: ",
		"read_only: ", "backend: ",
	};
	char file[TEXT_LEN], line[TEXT_LEN];
	struct verdict v;
	const char *at;
	bool needed;
	size_t i;

	at = strchr(free_file, '\n') + 1;
	for (; *at; at = strchr(at, '\n') + 1) {
		start(file, free_file);
		file[at - free_file] = '\0';
		judge_both(&v, file, NULL);
		expect(&v, "unknown", 3, "malformed");
		verdict_free(&v);

		needed = true;
		for (i = 0; i < ARRAY_SIZE(not_needed); i++)
			if (!strncmp(at, not_needed[i], strlen(not_needed[i])))
				needed = false;
		snprintf(line, sizeof(line), "%.*s\n", (int)key_len(at), at);
		judge(&v, free_file, line);
		assert_int_equal(v.status, needed ? 3 : 0);
		verdict_free(&v);

		/* Twice. */
		start(file, free_file);
		strncat(file, at, strcspn(at, "\n") + 1);
		judge_both(&v, file, NULL);
		assert_int_equal(v.status, needed ? 3 : 0);
		verdict_free(&v);
	}
}

/* ---- in use ---- */

static void in_use(void **unused)
{
	struct verdict v;

	judge(&v, used_file, "");
	expect(&v, "in-use", 1, "in-use");
	assert_int_equal(v.nr_steps, 1);
	assert_true(step_has(&v, 0, "nbd-client -d /dev/nbd101", "I/O errors"));
	assert_true(warns(&v, "its client included"));
	assert_true(warns(&v, "nbddiag holders nbd101"));
	verdict_free(&v);

	case_of(used_file, "state: degraded\nstate_reason: some-sockets-dead\n",
		"in-use", 1, "in-use");
	case_of(used_file,
		"state: setup\nstate_reason: setup-task-alive\n"
		"attachable_reason: being-set-up\n"
		"kept_by: openers=1 receivers=0 netlink=0\n",
		"in-use", 1, "being-set-up");
	case_of(used_file,
		"state: setup\nstate_reason: netlink-setup\n"
		"attachable_reason: being-set-up\n",
		"in-use", 1, "being-set-up");
}

static const char opened[] =
	"state: opened\nstate_reason: no-sockets\nattachable: yes\n"
	"attachable_reason: opened-ioctl-only\nconfig_refs: 1\n"
	"kept_by: openers=1 receivers=0 netlink=0\nsetup_task: -\n"
	"attached_task: -\nruntime_flags: 0x0\nnum_connections: 0\n"
	"recv_threads: 0\npeers_agree: -\n"
	"sockets: total=0 counted=0 dead=0 live=0 held=0 shown=0\nsocket:\n";

static void only_open(void **unused)
{
	char file[TEXT_LEN];
	struct verdict v;

	start(file, used_file);
	replace(file, opened);
	judge_both(&v, file, NULL);
	expect(&v, "in-use", 1, "opened-ioctl-only");
	assert_true(warns(&v, "Do not do it: whoever has it open could write to"));
	assert_true(step_has(&v, 0, "nbddiag holders nbd101", "LOST"));
	verdict_free(&v);

	case_of(file, "attachable: no\nattachable_reason: bound\n",
		"wedged", 2, "bound");
	case_of(file, "attachable: no\nattachable_reason: setup-task-set\n",
		"wedged", 2, "setup-task-set");
	case_of(file,
		"attachable: no\nattachable_reason: requests-in-flight\n"
		"requests: inflight=1 oldest_age_ns=5 shown=1\n"
		"request: op=read age_ns=5\n",
		"in-use", 1, "requests-in-flight");
	case_of(file,
		"attachable: -(requests-unknown)\n"
		"attachable_reason: requests-unknown\n"
		"requests: -(unreadable)\n",
		"unknown", 3, "attachable-unknown");
	case_of(file, "attachable_reason: free\n", "unknown", 3,
		"contradiction");
}

/* The age at which a server is said not to answer, and ages not known. */
static void stuck(void **unused)
{
	struct verdict v;

	case_of(used_file,
		"requests: inflight=1 oldest_age_ns=29999999999 shown=1\n"
		"request: op=read age_ns=29999999999\n",
		"in-use", 1, "in-use");
	judge(&v, used_file,
	      "requests: inflight=40 oldest_age_ns=30000000000 shown=1\n"
	      "request: op=write age_ns=30000000000\n");
	expect(&v, "wedged", 2, "requests-stuck");
	assert_true(step_has(&v, 0, "answer again", "none"));
	assert_true(step_has(&v, 1, "nbd-client -d",
			     "DATA LOSS: requests in flight (40) fail with I/O errors, "
			     "writes among them: at least 1. "));
	assert_true(step_has(&v, 2, "holders", "LOST"));
	assert_true(warns(&v, "writes are in flight: at least 1"));
	assert_true(warns(&v, "no answer for 30"));
	verdict_free(&v);

	case_of(used_file, "requests: inflight=1 oldest_age_ns=- shown=0\n",
		"unknown", 3, "requests-unknown");
	case_of(used_file,
		"requests: inflight=1 oldest_age_ns=-(unknown) shown=0\n",
		"unknown", 3, "requests-unknown");
	case_of(used_file, "requests: -(unreadable)\n", "unknown", 3,
		"requests-unknown");
	case_of(used_file,
		"requests: inflight=0 oldest_age_ns=- shown=1\n"
		"request: op=read age_ns=5\n",
		"unknown", 3, "malformed");
	case_of(used_file, "requests: inflight=2 oldest_age_ns=5 shown=2\n",
		"unknown", 3, "malformed");
}

static void what_writes(void **unused)
{
	static const char * const ops[] = {
		"write", "discard", "write-zeroes", "flush",
	};
	struct verdict v;
	char lines[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		snprintf(lines, sizeof(lines),
			 "requests: inflight=1 oldest_age_ns=5 shown=1\n"
			 "request: op=%s age_ns=5\n", ops[i]);
		judge(&v, used_file, lines);
		assert_true(warns(&v, "writes are in flight: 1"));
		assert_false(warns(&v, "at least"));
		verdict_free(&v);
	}
	judge(&v, used_file,
	      "requests: inflight=1 oldest_age_ns=5 shown=1\n"
	      "request: op=read age_ns=5\n");
	assert_false(warns(&v, "in flight"));
	verdict_free(&v);
	/* Not shown, or an operation of another kind: it may write. */
	judge(&v, used_file,
	      "requests: inflight=17 oldest_age_ns=5 shown=1\n"
	      "request: op=read age_ns=5\n");
	assert_true(warns(&v, "Whether any of them writes is not known"));
	verdict_free(&v);
	judge(&v, used_file,
	      "requests: inflight=1 oldest_age_ns=5 shown=1\n"
	      "request: op=13 age_ns=5\n");
	assert_true(warns(&v, "Whether any of them writes is not known"));
	verdict_free(&v);
}

/* ---- wedged and orphaned ---- */

#define HELD \
	"state: disconnected\nstate_reason: all-sockets-dead\n" \
	"attachable_reason: started\nconfig_refs: 1\nrecv_threads: 0\n" \
	"kept_by: openers=1 receivers=0 netlink=0\nsetup_task: -\n" \
	"runtime_flags: 0xc DISCONNECTED HAS_PID_FILE\n" \
	"sockets: total=1 counted=1 dead=1 live=0 held=0 shown=1\n"

#define NETLINK \
	"openers: 0\nkept_by: openers=0 receivers=0 netlink=1\n" \
	"runtime_flags: 0x38 HAS_PID_FILE HAS_CONFIG_REF BOUND\n"

static void disconnected(void **unused)
{
	static const char * const reasons[] = {
		"all-sockets-dead", "shutting-down", "sockets-held",
	};
	static const char * const attach[] = {
		"in-use", "started", "bound", "setup-task-set",
		"leftover-sockets",
	};
	char lines[1024];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		for (j = 0; j < ARRAY_SIZE(attach); j++) {
			snprintf(lines, sizeof(lines),
				 HELD "state_reason: %s\nattachable_reason: %s\n",
				 reasons[i], attach[j]);
			case_of(used_file, lines, "wedged", 2, attach[j]);
		}
	}
	case_of(used_file, HELD "attachable_reason: being-set-up\n", "unknown",
		3, "contradiction");
	case_of(used_file, HELD "attachable: yes\n", "unknown", 3,
		"contradiction");
	case_of(used_file, HELD "attachable_reason: going-away\n", "unknown",
		3, "going-away");
}

static void held_by_opener(void **unused)
{
	struct verdict v;
	size_t i;

	judge(&v, used_file, HELD);
	expect(&v, "wedged", 2, "started");
	assert_string_equal(v.text,
			    "nbd101 still holds an old connection. "
			    "Every attach fails with EBUSY until its last opener closes it");
	assert_int_equal(v.nr_steps, 1);
	assert_true(step_has(&v, 0, "The last close frees it", "LOST"));
	assert_true(warns(&v, "it is open (openers: 1)"));
	verdict_free(&v);

	judge(&v, used_file,
	      HELD "requests: inflight=1 oldest_age_ns=5 shown=1\n"
	      "request: op=write age_ns=5\n");
	assert_int_equal(v.nr_steps, 3);
	assert_true(step_has(&v, 0, "nbd-client -d /dev/nbd101'. It fails what is in flight",
			     "DATA LOSS: requests"));
	assert_true(step_has(&v, 1, "nbddiag clean nbd101 --fail-io'. ",
			     "DATA LOSS: requests"));
	assert_true(step_has(&v, 2, "The last close frees it", "only when that is answered"));
	verdict_free(&v);

	/* The knob does nothing while receivers run. */
	judge(&v, used_file,
	      HELD "kept_by: openers=1 receivers=1 netlink=0\n"
	      "requests: inflight=1 oldest_age_ns=5 shown=1\n"
	      "request: op=write age_ns=5\n");
	for (i = 0; i < v.nr_steps; i++)
		assert_false(step_has(&v, i, "nbddiag clean", ""));
	verdict_free(&v);
}

static void held_by_netlink(void **unused)
{
	struct verdict v;

	judge(&v, used_file, HELD NETLINK);
	expect(&v, "wedged", 2, "started");
	assert_int_equal(v.nr_steps, 2);
	assert_true(step_has(&v, 0, "reconnected in place", "SAME") ||
		    step_has(&v, 0, "SAME volume", "DATA LOSS"));
	assert_true(step_has(&v, 1, "This frees the device", "no request"));
	verdict_free(&v);

	/* Already disconnected over netlink: not to be reconnected. */
	judge(&v, used_file,
	      HELD NETLINK "openers: 2\n"
	      "runtime_flags: 0x1c DISCONNECTED HAS_PID_FILE HAS_CONFIG_REF\n");
	assert_int_equal(v.nr_steps, 2);
	assert_true(step_has(&v, 0, "nobody has it open either", ""));
	assert_true(step_has(&v, 1, "holders", ""));
	verdict_free(&v);

	/* Nothing keeps it: that can last for a moment only. */
	judge(&v, used_file,
	      HELD "openers: 0\nkept_by: openers=0 receivers=0 netlink=0\n");
	assert_int_equal(v.nr_steps, 1);
	assert_true(step_has(&v, 0, "check nbd101 again", "none"));
	verdict_free(&v);
}

#define INCIDENT HELD \
	"state: orphaned\nstate_reason: disconnected-with-sockets\n" \
	"peers_agree: no\npeers_differing: 1310\n" \
	"sockets: total=1311 counted=1311 dead=1 live=1310 held=0 shown=2\n"

static const char two_volumes[] =
	"socket: index=0 dead=yes peer=path:\"/export/gMgr-_vol-pw2_nbd101\"\n"
	"socket: index=1 dead=no peer=path:\"/export/gMgr-_vol-9vz_nbd101\"\n";

static void orphaned(void **unused)
{
	char file[TEXT_LEN];
	struct verdict v;

	start(file, used_file);
	replace(file, INCIDENT "socket:\n");
	strcat(file, two_volumes);
	judge_both(&v, file, NULL);
	expect(&v, "orphaned", 2, "started");
	assert_true(strstr(v.text, "though 1310 of 1311 are not marked dead"));
	assert_true(warns(&v, "-pw2_nbd101\" and path:\"/export/gMgr-_vol-9vz_"));
	assert_true(warns(&v, "1310 of 1311 sockets differ from the first"));
	assert_false(warns(&v, "mixed up"));
	assert_int_equal(v.nr_steps, 2);
	assert_true(step_has(&v, 0, "last close frees it", ""));
	assert_true(step_has(&v, 1, "nbddiag clean nbd101 --sockets'. ",
			     "just being sent on them fails"));
	verdict_free(&v);

	judge(&v, file, "requests: inflight=1 oldest_age_ns=5 shown=1\n"
	      "request: op=read age_ns=5\n");
	assert_int_equal(v.nr_steps, 3);
	assert_true(step_has(&v, 1, "nbddiag clean nbd101 --sockets --fail-io'. ",
			     "only stopped may still carry them out later"));
	verdict_free(&v);

	case_of(file, "state_reason: starter-gone\n"
		"attachable_reason: setup-task-set\n",
		"orphaned", 2, "setup-task-set");
	case_of(file, "attachable_reason: leftover-sockets\n", "orphaned", 2,
		"leftover-sockets");
	case_of(file, "attachable_reason: bound\n", "orphaned", 2, "bound");
	case_of(file, "attachable_reason: in-use\n", "unknown", 3,
		"contradiction");
	case_of(file, "requests: -(unreadable)\n", "orphaned", 2, "started");
}

/* ---- nbd's lock ---- */

#define LOCKED \
	"consistent: no\nattachable: no\nattachable_reason: lock-held\n"

static void lock_of_nbd(void **unused)
{
	char file[TEXT_LEN], other[TEXT_LEN];
	struct verdict v;

	start(file, used_file);
	replace(file, LOCKED "lock_holder: pid=9 tgid=8 comm=\"qemu nbd\" state=D\n");
	judge_both(&v, file, NULL);
	expect(&v, "unknown", 3, "lock-held");
	assert_true(v.fleeting);
	assert_true(warns(&v, "qemu nbd[9] (state D) has the lock"));
	assert_int_equal(v.nr_steps, 0);
	verdict_free(&v);

	judge_both(&v, file, file);
	expect(&v, "wedged", 2, "lock-held");
	assert_true(strstr(v.text, "qemu nbd[9] (state D)"));
	assert_true(step_has(&v, 0, "answer again", "none"));
	verdict_free(&v);

	start(other, file);
	replace(other, "lock_holder: pid=10 tgid=8 comm=\"qemu\" state=D\n");
	judge_both(&v, file, other);
	expect(&v, "unknown", 3, "lock-held");
	verdict_free(&v);
	replace(other, "lock_holder: gone\n");
	judge_both(&v, other, other);
	expect(&v, "unknown", 3, "lock-held");
	verdict_free(&v);
	judge_both(&v, file, used_file);
	expect(&v, "unknown", 3, "lock-held");
	verdict_free(&v);
	/* It is free by now. */
	judge_both(&v, used_file, file);
	expect(&v, "in-use", 1, "in-use");
	verdict_free(&v);

	case_of(file, "requests: inflight=1 oldest_age_ns=60000000000 shown=1\n"
		"request: op=read age_ns=60000000000\n",
		"wedged", 2, "requests-stuck");
	/* Who has the lock may wait for requests that nothing serves. */
	start(other, file);
	replace(other, HELD LOCKED
		"lock_holder: pid=9 tgid=8 comm=\"qemu nbd\" state=D\n"
		"requests: inflight=1 oldest_age_ns=5 shown=1\n"
		"request: op=read age_ns=5\n");
	judge_both(&v, other, other);
	expect(&v, "wedged", 2, "lock-held");
	assert_true(step_has(&v, 1, "nbddiag clean nbd101 --fail-io", ""));
	assert_true(step_has(&v, 2, "restart the host", ""));
	verdict_free(&v);
	case_of(free_file, LOCKED, "unknown", 3, "lock-held");
	case_of(free_file, "consistent: no\n", "unknown", 3, "lock-held");
	case_of(used_file, HELD LOCKED, "unknown", 3, "lock-held");
	case_of(used_file, "attachable_reason: lock-held\n", "unknown", 3,
		"contradiction");
}

/* ---- unknown ---- */

static void not_known(void **unused)
{
	static const char * const reasons[] = {
		"not-an-nbd-device", "layout-unavailable", "layout-disproved",
		"layout-unproved", "unreadable", "changing", "starter-gone-sockets-held",
		"starter-alive", "starter-unknown",
	};
	char lines[256];
	struct verdict v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		snprintf(lines, sizeof(lines),
			 "state: unknown\nstate_reason: %s\n"
			 "attachable: -(%s)\nattachable_reason: %s\n",
			 reasons[i], reasons[i], reasons[i]);
		judge(&v, used_file, lines);
		expect(&v, "unknown", 3, reasons[i]);
		assert_int_equal(v.fleeting, !strcmp(reasons[i], "changing"));
		verdict_free(&v);
		/* Without a configuration, as with an unknown layout. */
		case_of(free_file, lines, "unknown", 3, reasons[i]);
	}
	case_of(used_file, "state: unknown\nstate_reason: new\n", "unknown", 3,
		"unknown-state-reason");
	case_of(used_file, "state_reason: new\n", "unknown", 3,
		"unknown-state-reason");
	case_of(used_file, "state: hibernating\n", "unknown", 3,
		"unknown-state");
	case_of(used_file, "attachable_reason: new\n", "unknown", 3,
		"unknown-attachable-reason");
	case_of(used_file, "attachable: perhaps\n", "unknown", 3,
		"attachable-unknown");
	case_of(used_file, "state: unknown\nstate_reason: unreadable\n" LOCKED,
		"unknown", 3, "lock-held");
}

/* A file that gives nothing but its format, and all cuts of a large one. */
static void cut(void **unused)
{
	char file[TEXT_LEN];
	struct verdict v;
	struct text text;
	size_t len;

	judge_both(&v, "format: 1\n", NULL);
	expect(&v, "unknown", 3, "malformed");
	verdict_free(&v);
	for (len = 1; len < sizeof(used_file) - 1; len++) {
		memcpy(file, used_file, len);
		file[len] = '\0';
		if (!parse(&text, file))
			continue;
		judge_device(&v, &text, NULL, "nbd101");
		expect(&v, "unknown", 3, "malformed");
		verdict_free(&v);
		text_free(&text);
	}
	assert_false(parse(&text, "format: 2\nstate: free\n"));
}

/* Names of any bytes and of any length. */
/* The module escapes all bytes that a terminal might obey. */
static void refuses_control_bytes(void **unused)
{
	static const char bytes[] = { 0, 1, 7, '\t', '\r', 0x1b, 0x7f,
				      (char)0x80, (char)0xff };
	struct text text;
	size_t i;

	for (i = 0; i < sizeof(bytes); i++) {
		char *file = strdup("format: 1\nstate: free.\n\0");

		assert_non_null(file);
		*strchr(file, '.') = bytes[i];
		assert_int_equal(text_parse(&text, file, 23), TEXT_MALFORMED);
	}
}

static void hostile(void **unused)
{
	static char file[2 * TEXT_LEN], name[TEXT_LEN];
	struct verdict v;

	memset(name, 'x', 4000);
	memcpy(name, "%%[2J\" \\ %s%n", 13);
	snprintf(file, sizeof(file),
		 "%.*ssocket: index=0 peer=path:\"a\"\nsocket: index=1 peer=%s\n",
		 (int)(strstr(used_file, "peers_agree") - used_file),
		 used_file, name);
	strcat(file, "peers_agree: no\npeers_differing: 1\n"
	       "sockets: total=2 counted=2 dead=0 live=2 held=0 shown=2\n"
	       "requests: inflight=0 oldest_age_ns=- shown=0\n");
	judge_both(&v, file, NULL);
	expect(&v, "in-use", 1, "in-use");
	assert_true(warns(&v, "different volumes"));
	assert_true(warns(&v, "mixed up"));
	verdict_free(&v);

	case_of(used_file, "state: ]0;%n%n%s\n", "unknown", 3,
		"unknown-state");
	case_of(free_file, "openers: 18446744073709551615\n", "unknown", 3,
		"contradiction");
	case_of(free_file, "openers: 18446744073709551616\n", "unknown", 3,
		"not-all-known");
	case_of(free_file, "openers: 999999999999999999999999999999\n",
		"unknown", 3, "not-all-known");
	case_of(used_file,
		"requests: inflight=18446744073709551615 shown=0 oldest_age_ns=99999999999\n",
		"wedged", 2, "requests-stuck");
	case_of(used_file,
		"requests: inflight=1 oldest_age_ns=5 shown=99999999999\n",
		"unknown", 3, "malformed");
	case_of(used_file,
		"lock_holder: pid=1 comm=\"x state=D\n" LOCKED,
		"unknown", 3, "lock-held");
}

/* A line of "devices". Return: whether that is enough to judge it. */
static bool line_tells(const char *line, const char *word, const char *reason)
{
	struct text brief;
	struct verdict v;
	bool tells;

	brief_parse(&brief, line);
	tells = judge_brief(&v, &brief, "nbd101");
	if (tells) {
		assert_string_equal(v.word, word);
		assert_string_equal(v.reason, reason);
	}
	verdict_free(&v);
	text_free(&brief);
	return tells;
}

#define LINE_OF(device, state, attach, requests) \
	"name=" device " " state " live=1 dead=0 " requests " config_refs=2 consistent=yes " \
	attach " capacity_bytes=512 openers=1 sockets=1" \
	" peer=path:\"a\" peers_named=1 peers_differing=0 device_flags=0x0"
#define USED_LINE(requests) \
	LINE_OF("nbd101", "state=connected attachable=no", \
		"state_reason=receivers-running attachable_reason=in-use", requests)

/* Only the file says who should answer, who has the lock, and what is not there. */
static void by_line(void **unused)
{
	static const char used[] = USED_LINE("inflight=0 oldest_age_ns=-");
	static const char * const needed[] = {
		" state=", " attachable=", " consistent=", " state_reason=",
		" attachable_reason=", " openers=", " config_refs=", " device_flags=",
	};
	struct text free_one;
	char line[TEXT_LEN];
	size_t i;

	assert_true(judged_by_line > 50);
	assert_true(line_tells(used, "in-use", "in-use"));
	assert_true(parse(&free_one, free_file));
	say_briefly(line, &free_one);
	text_free(&free_one);
	assert_true(line_tells(line, "free", "free"));
	assert_true(line_tells(USED_LINE("inflight=1 oldest_age_ns=999999999"),
			       "in-use", "in-use"));
	assert_false(line_tells(USED_LINE("inflight=1 oldest_age_ns=1000000000"), "", ""));
	assert_false(line_tells(USED_LINE("inflight=1 oldest_age_ns=-(unreadable)"), "", ""));
	assert_true(line_tells(USED_LINE("inflight=1 oldest_age_ns=30000000000"),
			       "wedged", "requests-stuck"));
	assert_false(line_tells(LINE_OF("nbd10", "state=connected attachable=no",
					"state_reason=receivers-running attachable_reason=in-use",
					"inflight=0 oldest_age_ns=-"), "", ""));
	assert_false(line_tells("", "", ""));
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		char *at;

		snprintf(line, sizeof(line), "%s", used);
		at = strstr(line, needed[i]);
		assert_non_null(at);
		at[1] = '_';
		assert_false(line_tells(line, "", ""));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_device),
		cmocka_unit_test(never_free),
		cmocka_unit_test(free_and_cut),
		cmocka_unit_test(in_use),
		cmocka_unit_test(only_open),
		cmocka_unit_test(stuck),
		cmocka_unit_test(what_writes),
		cmocka_unit_test(disconnected),
		cmocka_unit_test(held_by_opener),
		cmocka_unit_test(held_by_netlink),
		cmocka_unit_test(orphaned),
		cmocka_unit_test(lock_of_nbd),
		cmocka_unit_test(not_known),
		cmocka_unit_test(cut),
		cmocka_unit_test(refuses_control_bytes),
		cmocka_unit_test(hostile),
		cmocka_unit_test(by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
