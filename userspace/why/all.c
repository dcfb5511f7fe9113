// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that is stuck on the host, by root cause: a server that does not
 * answer, whatever number of devices it serves; a device that nothing serves; a
 * disk of another driver that owes.
 */
#include <argz.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "base/units.h"
#include "facts/brief.h"
#include "facts/device.h"
#include "facts/device_facts.h"
#include "facts/io.h"
#include "holders/server.h"
#include "verdict/judge.h"
#include "verdict/mixed.h"
#include "why/all.h"
#include "why/causes.h"

/* The chain of so many devices of a cause is told; those of a server are alike. */
#define TOLD 3
/* So many names are told in a list. */
#define LISTED 8
/* Devices do not lie on each other so high, nor so many on those of one cause. */
#define HEIGHT_AT_MOST 32
#define ABOVE_AT_MOST 16384

/* What is judged wedged only because its server does not answer is the server's. */
static bool is_of_server(const struct verdict *verdict)
{
	return !strcmp(verdict->reason, "server-stopped") ||
	       !strcmp(verdict->reason, "requests-stuck");
}

static const char *what_server_does(const struct task *server)
{
	if (server_is_stopped(server))
		return "is stopped";
	return server->state == 'D' ? "hangs itself, in D" : "does not answer";
}

static struct cause *cause_of_device(struct causes *causes, const char *name,
				     const struct text *text,
				     const struct verdict *verdict)
{
	struct cause *cause;
	struct task server;

	if (verdict->status == VERDICT_STUCK && is_of_server(verdict) &&
	    server_find(causes->why->source, text, &server)) {
		cause = causes_get(causes, say("server %d", (int)server.tid),
				   say("The server %s[%d] %s", server.comm,
				       (int)server.tid,
				       what_server_does(&server)));
		task_free(&server);
		return cause;
	}
	return causes_get(causes, say("device %s", name),
			say("%s", verdict->text));
}

/* It need not be stuck for that. */
static void judge_volumes(struct causes *causes, const char *name,
			  const struct text *text)
{
	struct device_facts facts;
	struct cause *cause;
	struct mixed mixed;

	if (!mixed_find(&mixed, text, name))
		return;
	device_facts_read(&facts, text, name);
	cause = causes_get(causes, say("volumes %s", name),
			   say("%s is served by different volumes, judging by their names: %s",
			       name, "data is being mixed up"));
	cause->status = VERDICT_STUCK;
	cause->is_mixed = true;
	cause_add_device(cause, name, facts.inflight.nr, facts.oldest_ns.nr);
	cause->requests_unknown = !facts.inflight.known;
	verdict_add_step(&cause->verdict,
			 say("stop all that uses it now, and compare what %.*s and %.*s have",
			     (int)mixed.first.len, mixed.first.at,
			     (int)mixed.other.len, mixed.other.at),
			 say("whatever uses it is interrupted; "
			     "the longer it goes on, the more data is mixed up"));
}

static void judge_one(struct causes *causes, const char *name)
{
	const struct source *source = causes->why->source;
	struct device_facts facts;
	enum exit_status status;
	struct verdict verdict;
	struct cause *cause;
	struct text text;
	char *message;

	message = device_read_or_say(source, &text, name, &status);
	if (message) {
		if (status != EXIT_NO_SUCH) {
			complain("%s", message);
			document_incomplete(message);
			cause = causes_get(causes, say("device %s", name),
					   say("What is with %s cannot be read",
					       name));
			cause->status = VERDICT_UNKNOWN;
			cause->is_unread = true;
			cause->requests_unknown = true;
			cause_add_device(cause, name, 0, 0);
		}
		free(message);
		return;
	}
	judge_device(&verdict, &text, NULL, name);
	server_judge(source, &verdict, &text, name);
	if (verdict.status == VERDICT_STUCK ||
	    verdict.status == VERDICT_UNKNOWN) {
		cause = cause_of_device(causes, name, &text, &verdict);
		device_facts_read(&facts, &text, name);
		cause_add_device(cause, name, facts.inflight.nr, facts.oldest_ns.nr);
		cause->requests_unknown |= !facts.inflight.known;
		cause->status = verdict.status;
		if (!cause->verdict.word) {
			cause->verdict = verdict;
			memset(&verdict, 0, sizeof(verdict));
		}
	}
	judge_volumes(causes, name, &text);
	causes_note_clients(causes, name, &text);
	verdict_free(&verdict);
	text_free(&text);
}

/* What "devices" says of most devices is enough, so that their files are not read. */
static bool is_well(const char *line, const char *name)
{
	struct verdict verdict;
	struct text brief;
	bool well;

	brief_parse(&brief, line);
	well = judge_brief(&verdict, &brief, name) &&
	       (verdict.status == VERDICT_FREE ||
		verdict.status == VERDICT_IN_USE) &&
	       !mixed_is_possible(&brief);
	verdict_free(&verdict);
	text_free(&brief);
	return well;
}

static void judge_devices(struct causes *causes)
{
	struct text devices;
	const char *line;
	size_t at = 0;
	char *name;

	modfile_read(causes->why->source, &devices, "devices");
	while ((line = text_next(&devices, "device", &at))) {
		name = value_copy(text_field(line, "name"));
		if (name && strlen(name) < DEVICE_NAME_LEN &&
		    !brief_is_free(line) && !is_well(line, name))
			judge_one(causes, name);
		free(name);
	}
	text_free(&devices);
}

/* ---- disks of other drivers ---- */

static const char *what_holds_up(const char *line)
{
	struct value state = text_field(line, "state");

	if (io_has_no_path(line) || value_is(state, "no-path"))
		return "has no path left";
	if (value_is(state, "suspended"))
		return "is suspended";
	if (value_is(state, "removing"))
		return "has left the system, and still owes";
	if (value_is(state, "held-by-driver"))
		return "is held up in its driver";
	return NULL;
}

/* What ends it is known of maps only. */
static void help_disk(struct causes *causes, struct cause *cause,
		      const char *name, const char *line)
{
	char *map = disk_map_name(causes->why->source, name);
	const char *called = map ? map : name;

	if (io_has_no_path(line)) {
		verdict_add_step(&cause->verdict,
				 say("bring a path back; "
				     "see 'multipathd show paths', and the way to the storage"),
				 say("none: the requests that wait are carried out"));
		verdict_add_step(&cause->verdict,
				 say("fail what waits: dmsetup message %s 0 fail_if_no_path",
				     called),
				 say("whoever waits gets I/O errors; "
				     "what was to be written is LOST"));
	} else if (value_is(text_field(line, "state"), "suspended")) {
		verdict_add_step(&cause->verdict,
				 say("resume it: dmsetup resume %s", called),
				 say("whoever suspended it, to change it, is disturbed"));
	}
	free(map);
}

static void judge_disk(struct causes *causes, const char *name,
		       const char *line)
{
	const char *what = what_holds_up(line);
	const struct why *why = causes->why;
	uint64_t oldest, owed, all;
	struct cause *cause;
	char *full;

	owed = causes_count_owed(&why->io, name, &oldest);
	all = io_outstanding(line).nr;
	if (!what && owed && oldest >= device_facts_stuck_s * 1000000000ULL)
		what = "has not answered";
	/* A map that nobody waits for harms nobody. */
	if (!what || (!owed && !all))
		return;
	full = disk_full_name(why->source, name);
	cause = causes_get(causes, say("disk %s", name),
			   say("%s %s", full, what));
	cause->status = VERDICT_STUCK;
	cause_add_device(cause, name, all > owed ? all : owed,
			 oldest ? oldest : io_oldest_ns(&why->io, line));
	if (!cause->verdict.nr_steps)
		help_disk(causes, cause, name, line);
	free(full);
}

static void judge_disks(struct causes *causes)
{
	const struct why *why = causes->why;
	char plain[DEVICE_NAME_LEN], *name;
	const char *line;
	size_t at = 0;

	while ((line = text_next(&why->io, "disk", &at))) {
		name = value_copy(text_field(line, "device"));
		if (name && disk_is_name(name) &&
		    !device_has_plain_name(plain, name))
			judge_disk(causes, name, line);
		free(name);
	}
}

/* ---- whom it hurts ---- */

static void add_above(struct why *why, struct cause *cause,
		      const struct disk *disk, unsigned int height)
{
	const struct source *source = why->source;
	char **names, **name, **parts, **part;
	struct disk other;

	if (cause_is_below(cause, disk->name))
		return;
	if (height == HEIGHT_AT_MOST || cause->nr_above == ABOVE_AT_MOST) {
		why->is_cut = true;
		return;
	}
	if (argz_add(&cause->above, &cause->above_len, disk->name))
		fail(EXIT_SYSTEM, "out of memory");
	cause->nr_above++;
	names = disk_names(source, disk, "holders");
	for (name = names; name && *name; name++)
		if (disk_named(source, *name, &other))
			add_above(why, cause, &other, height + 1);
	source_free_names(names);
	parts = disk_partitions(source, disk);
	for (part = parts; part && *part; part++)
		if (disk_named(source, *part, &other))
			add_above(why, cause, &other, height + 1);
	source_free_names(parts);
}

/* Whoever waits may have closed the device, or have only a file on it. */
static void add_waiters(struct causes *causes, const struct cause *cause,
			const struct text *text, const char *key,
			const char *pid_field)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(text, key, &at)))
		causes_add_user(causes, cause, text_field(line, "device"),
				text_field(line, pid_field));
}

static void find_above(struct causes *causes, struct cause *cause)
{
	const char *name = NULL;
	struct disk disk;
	size_t i;

	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		if (disk_named(causes->why->source, name, &disk))
			add_above(causes->why, cause, &disk, 0);
	add_waiters(causes, cause, &causes->why->aio, "owed", "pid");
	add_waiters(causes, cause, &causes->why->io, "request", "aio_pid");
	add_waiters(causes, cause, &causes->why->io, "request", "tgid");
	hung_add_users(causes, cause);
	for (i = 0; i < causes->users.nr; i++)
		cause->users += cause_is_below(cause, causes->users.user[i].disk);
}

static uint64_t weight(const struct cause *cause)
{
	return cause->requests + cause->users + cause->tasks;
}

static int holds_most(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	/* What harms data is worse than what stands still. */
	if (x->is_mixed != y->is_mixed)
		return x->is_mixed ? -1 : 1;
	if (x->status != y->status)
		return x->status == VERDICT_STUCK ? -1 : 1;
	if (weight(x) != weight(y))
		return weight(x) > weight(y) ? -1 : 1;
	if (x->oldest_ns != y->oldest_ns)
		return x->oldest_ns > y->oldest_ns ? -1 : 1;
	return strverscmp(x->key, y->key);
}

/* ---- for people ---- */

static void print_list(const char *before, const char *names, size_t len)
{
	const char *name = NULL;
	size_t nr = 0;

	while ((name = argz_next(names, len, name)) && nr < LISTED)
		why_say("%s%s", nr++ ? ", " : before, name);
	if (argz_count(names, len) > nr)
		why_say(" and %zu others", argz_count(names, len) - nr);
}

/* "guest db-7: qemu-kvm[454] (nbd101, in D)" */
static void print_user(const struct user *user)
{
	if (user->guest)
		why_say("guest %s: ", user->guest);
	why_say("%s[%d] (%s%s)", user->comm ? user->comm : "?",
		(int)user->tgid, user->disk,
		user->gone ? ", gone but for its io_uring" :
		user->in_d ? ", in D" : "");
}

/* Those first that hang. */
static void print_users(const struct causes *causes, const struct cause *cause)
{
	const struct user *user;
	size_t i, nr = 0;
	int hangs;

	for (hangs = 1; hangs >= 0; hangs--) {
		user = causes->users.user;
		for (i = 0; i < causes->users.nr; i++, user++) {
			if (!cause_is_below(cause, user->disk) ||
			    (user->in_d || user->gone) != hangs ||
			    nr++ >= LISTED)
				continue;
			why_say("%s", nr > 1 ? ", " : "   Hurt: ");
			print_user(user);
		}
	}
	if (nr > LISTED)
		why_say(" and %zu others", nr - LISTED);
	if (nr)
		why_say(".\n");
}

static void print_tasks(const struct causes *causes, const struct cause *cause)
{
	const struct hung_task *task = causes->hung;
	struct value comm;
	size_t i, nr = 0;

	for (i = 0; i < causes->nr_hung; i++, task++) {
		if (task->key != cause->key || ++nr > LISTED)
			continue;
		comm = text_field(task->line, "comm");
		why_say("%s%.*s[%d]", nr > 1 ? ", " : "   Cannot go on: ",
			(int)comm.len, comm.at ? comm.at : "", (int)task->tid);
		if (task->waiting_ns) {
			why_say(" for ");
			why_say_age(text_field(task->line, "waiting_ns"));
		}
	}
	if (nr > LISTED)
		why_say(" and %zu others", nr - LISTED);
	if (nr)
		why_say(".\n");
}

/* Maps, arrays and partitions that lie on its devices. */
static void print_above(const struct causes *causes, const struct cause *cause)
{
	const char *name = NULL;
	size_t nr = 0;
	char *full;

	while ((name = argz_next(cause->above, cause->above_len, name))) {
		if (cause_owes(cause, name) || nr++ >= LISTED)
			continue;
		full = disk_full_name(causes->why->source, name);
		why_say("%s%s", nr > 1 ? ", " : "   On it: ", full);
		free(full);
	}
	if (nr > LISTED)
		why_say(" and %zu others", nr - LISTED);
	if (nr)
		why_say(".\n");
}

/* Where these are mounted: argz, for free(). */
static char *find_mounts(const struct causes *causes, const struct cause *cause,
			 size_t *len)
{
	struct why *why = causes->why;
	char *points = NULL, *point;
	struct mounts mounts;
	struct mount mount;
	struct disk disk;

	*len = 0;
	mounts_own(why->source, &mounts);
	while (mounts_next(&mounts, &mount)) {
		if (!disk_map_find(&why->disks, mount.major, mount.minor,
				   &disk) ||
		    !cause_is_below(cause, disk.name))
			continue;
		point = escape_copy(mount.point, strlen(mount.point));
		if (argz_add(&points, len, point))
			fail(EXIT_SYSTEM, "out of memory");
		free(point);
	}
	mounts_close(&mounts);
	return points;
}

static void print_mounts(const struct causes *causes, const struct cause *cause)
{
	size_t len;
	char *points = find_mounts(causes, cause, &len);

	print_list("   Mounted: ", points, len);
	if (points)
		why_say(".\n");
	free(points);
}

static void print_steps(const struct cause *cause)
{
	size_t i;

	for (i = 0; i < cause->verdict.nr_steps; i++) {
		why_say("   What helps: %s.\n", cause->verdict.step[i].action);
		why_say("      Cost: %s.\n", cause->verdict.step[i].cost);
	}
}

static void print_head(const struct cause *cause, size_t number)
{
	char age[UNITS_LEN];

	why_say("%zu. %s.\n", number, cause->title);
	/* That none is in flight would say nothing: the title has the device. */
	if (!cause->requests && !cause->requests_unknown)
		return;
	if (cause->requests) {
		why_say("   %s%" PRIu64 " request%s",
			cause->requests_unknown ? "At least " : "",
			cause->requests, cause->requests == 1 ? "" : "s");
		if (cause->oldest_ns) {
			units_age(age, cause->oldest_ns);
			why_say(", the oldest for %s", age);
		}
	} else {
		why_say("   How many requests wait is not known");
	}
	if (cause->devices)
		print_list(cause->requests ? ", of " : ", at ", cause->devices,
			   cause->devices_len);
	why_say(".\n");
}

static void tell_task(struct why *why, const struct cause *cause)
{
	struct task task;

	if (!task_read(why->source, &task, cause->tgid, cause->tid))
		return;
	task_read_sleep(why->source, &task);
	why_task(why, &task);
	task_free(&task);
}

static void tell(struct causes *causes, const struct cause *cause)
{
	const char *name = NULL;
	size_t nr = 0;

	/* What cannot be read was said. */
	if (cause->is_unread)
		return;
	if (cause->tid)
		tell_task(causes->why, cause);
	if (cause->locked) {
		why_deadlocks(causes->why, cause->locked);
		why_contexts(causes->why, cause->locked);
		why_rings(causes->why, cause->locked);
	}
	while ((name = argz_next(cause->devices, cause->devices_len, name)) &&
	       nr++ < TOLD)
		why_owing(causes->why, name);
}

/* ---- for programs ---- */

static void put_users(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const struct user *user = causes->users.user;
	size_t i;

	json_array(json, "hurt");
	for (i = 0; i < causes->users.nr; i++, user++) {
		if (!cause_is_below(cause, user->disk))
			continue;
		json_object(json, NULL);
		json_number(json, "pid", user->tgid);
		json_text(json, "comm", user->comm);
		json_text(json, "guest", user->guest);
		json_text(json, "device", user->disk);
		json_bool(json, "in_d", user->in_d);
		json_bool(json, "gone", user->gone);
		json_end(json);
	}
	json_end(json);
}

/* With the reason that the module gives. */
static void put_unknown(struct json *json, const char *name, struct value value)
{
	char *why = value.kind == VALUE_UNKNOWN && value.len ?
		check_memory(strndup(value.at, value.len)) : NULL;

	json_unknown(json, name, why);
	free(why);
}

static void put_tasks(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const struct hung_task *task = causes->hung;
	char *comm;
	size_t i;

	json_array(json, "tasks");
	for (i = 0; i < causes->nr_hung; i++, task++) {
		if (task->key != cause->key)
			continue;
		comm = value_copy(text_field(task->line, "comm"));
		json_object(json, NULL);
		json_number(json, "tid", task->tid);
		json_number(json, "pid",
			    value_or_zero(text_field(task->line, "tgid")));
		json_text(json, "comm", comm);
		if (task->waiting_ns)
			json_number(json, "waiting", task->waiting_ns);
		else
			put_unknown(json, "waiting",
				    text_field(task->line, "waiting_ns"));
		json_end(json);
		free(comm);
	}
	json_end(json);
}

static void put_above(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const char *name = NULL;
	char *points;
	size_t len;

	json_array(json, "above");
	while ((name = argz_next(cause->above, cause->above_len, name)))
		if (!cause_owes(cause, name))
			json_text(json, NULL, name);
	json_end(json);
	points = find_mounts(causes, cause, &len);
	json_array(json, "mounts");
	while ((name = argz_next(points, len, name)))
		json_text(json, NULL, name);
	json_end(json);
	free(points);
}

static void put_cause(struct json *json, const struct causes *causes,
		      const struct cause *cause)
{
	const struct verdict *verdict = &cause->verdict;
	const char *name = NULL;
	size_t i;

	json_object(json, NULL);
	json_text(json, "cause", cause->title);
	json_bool(json, "known", cause->status == VERDICT_STUCK);
	json_array(json, "devices");
	while ((name = argz_next(cause->devices, cause->devices_len, name)))
		json_text(json, NULL, name);
	json_end(json);
	if (cause->requests_unknown)
		json_unknown(json, "requests", "not-all-known");
	else
		json_number(json, "requests", cause->requests);
	if (cause->oldest_ns)
		json_number(json, "oldest", cause->oldest_ns);
	else
		json_unknown(json, "oldest",
			     cause->requests || cause->requests_unknown ?
			     "not-recorded" : NULL);
	put_users(json, causes, cause);
	put_tasks(json, causes, cause);
	put_above(json, causes, cause);
	json_array(json, "free_by");
	for (i = 0; i < verdict->nr_steps; i++) {
		json_object(json, NULL);
		json_text(json, "do", verdict->step[i].action);
		json_text(json, "cost", verdict->step[i].cost);
		json_end(json);
	}
	json_end(json);
	json_end(json);
}

/* ---- all together ---- */

static void put_causes(const struct causes *causes)
{
	struct json *json = document();
	size_t i;

	if (!json)
		return;
	json_array(json, "causes");
	for (i = 0; i < causes->nr; i++)
		put_cause(json, causes, &causes->cause[i]);
	json_end(json);
}

static int say_all(struct causes *causes)
{
	int status = VERDICT_FREE;
	const struct cause *cause;
	size_t i;

	for (i = 0; i < causes->nr; i++) {
		cause = &causes->cause[i];
		if (i && !document())
			putchar('\n');
		print_head(cause, i + 1);
		print_users(causes, cause);
		print_tasks(causes, cause);
		print_above(causes, cause);
		print_mounts(causes, cause);
		print_steps(cause);
		causes->why->has_said_help = cause->verdict.nr_steps;
		tell(causes, cause);
		if (status != VERDICT_STUCK)
			status = cause->status;
	}
	return status;
}

/* What is not known; and that nothing is stuck, if nothing was found. */
static int say_rest(struct causes *causes, int status)
{
	enum verdict_status known;
	bool gaps;

	unfollowed_say(causes->why);
	known = gaps_say(causes->why, &gaps);
	if (causes->nr)
		return status;
	if (gaps)
		why_say("No nbd device is stuck, nor anything else that is known here.\n");
	else
		why_say("Nothing is stuck: no nbd device, no task, and no disk %s %u s.\n",
			"that owes requests for", device_facts_stuck_s);
	return known;
}

int why_all(struct why *why)
{
	struct causes causes = { .why = why };
	int status;
	size_t i;

	judge_devices(&causes);
	judge_disks(&causes);
	unfollowed_judge(&causes);
	hung_judge(&causes);
	deadlock_judge(&causes);
	if (causes.nr)
		causes_find_users(&causes);
	for (i = 0; i < causes.nr; i++)
		find_above(&causes, &causes.cause[i]);
	if (causes.nr)
		qsort(causes.cause, causes.nr, sizeof(*causes.cause),
		      holds_most);
	put_causes(&causes);
	if (document())
		json_array(document(), "chain");
	status = say_all(&causes);
	if (causes.nr)
		why_leave_line();
	status = say_rest(&causes, status);
	causes_free(&causes);
	return status;
}
