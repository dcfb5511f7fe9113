// SPDX-License-Identifier: GPL-2.0
/* Why a device is as it is: its state, what it waits for, who keeps it. */
#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/brief.h"
#include "facts/device.h"
#include "facts/device_facts.h"
#include "facts/io.h"
#include "facts/modfile.h"
#include "facts/tasks.h"
#include "facts/text.h"
#include "holders/holders.h"
#include "holders/server.h"
#include "host/swaps.h"
#include "why/why.h"

bool why_visit_device(struct why *why, const char *name)
{
	size_t i;

	for (i = 0; i < why->nr_devices; i++)
		if (!strcmp(why->device[i], name))
			return false;
	if (i == WHY_MAX_HOPS || strlen(name) >= WHY_NAME_LEN) {
		why->cut |= WHY_CUT_HOPS;
		return false;
	}
	memcpy(why->device[why->nr_devices++], name, strlen(name) + 1);
	return true;
}

/* ---- a device ---- */

static void say_lock_holder(struct value holder)
{
	struct value comm = text_field(holder.at, "comm");
	struct value pid = text_field(holder.at, "pid");

	if (holder.kind != VALUE_GIVEN) {
		why_say_value(holder, "a task");
		return;
	}
	why_say_value(comm, "a task");
	if (pid.kind == VALUE_GIVEN)
		why_say("[%.*s]", (int)pid.len, pid.at);
}

/* Whoever sends waits until there is room, in S. */
static bool is_sending(const char *function)
{
	return !strcmp(function, "sock_alloc_send_pskb") ||
	       !strcmp(function, "sk_stream_wait_memory");
}

static void explain_sleeper(const struct task *task)
{
	why_say("%s[%d] sleeps in %s, in state %c%s.", task->comm,
		(int)task->tid, task->function, task->state,
		is_sending(task->function) ?
		": it sends to a socket, whose other end does not read" : "");
	why_from("/proc/%d/task/%d/stack", (int)task->tgid, (int)task->tid);
}

/* What it waits for itself. */
static void explain_lock_holder(struct why *why, struct value holder)
{
	uint64_t tid, tgid;
	struct task task;

	if (!value_number(text_field(holder.at, "pid"), &tid) ||
	    !value_number(text_field(holder.at, "tgid"), &tgid) ||
	    !tid || tid > INT_MAX || !tgid || tgid > INT_MAX ||
	    !task_read(why->source, &task, (pid_t)tgid, (pid_t)tid))
		return;
	task_read_sleep(why->source, &task);
	if (task.state == 'D' || tasks_line(&why->tasks, task.tid))
		why_task(why, &task);
	else if (task.function)
		explain_sleeper(&task);
	task_free(&task);
}

static void explain_state(struct why *why, const char *name,
			  const struct text *text)
{
	struct value state = text_get(text, "state");
	struct value reason = text_get(text, "state_reason");
	enum fact_attach attach =
		device_facts_attach(text_get(text, "attachable_reason"));
	const char *sentence = device_facts_attach_sentence(attach);

	why_say("%s is %.*s (%.*s). ", name, (int)state.len, state.at,
		(int)reason.len, reason.at ? reason.at : "");
	why_say("%c%s.", toupper((unsigned char)*sentence), sentence + 1);
	why_from("nbddiag/%s: state, attachable", name);
	if (value_is(state, "unknown"))
		why_note_unknown(why, "state-unknown");
	if (value_is(text_get(text, "consistent"), "yes"))
		return;
	why_say("Nbd's lock is held by ");
	say_lock_holder(text_get(text, "lock_holder"));
	why_say(", so these facts may be of different moments.");
	why_from("nbddiag/%s: lock_holder", name);
	if (text_get(text, "lock_holder").kind != VALUE_GIVEN)
		why_note_unknown(why, "holder-unknown");
	explain_lock_holder(why, text_get(text, "lock_holder"));
}

static void explain_config(const char *name, const struct text *text)
{
	uint64_t openers = value_or_zero(text_key_field(text, "kept_by", "openers"));

	if (text_get(text, "kept_by").kind != VALUE_GIVEN)
		return;
	why_say("Its configuration is kept by %" PRIu64 " opener%s", openers,
		openers == 1 ? "" : "s");
	if (value_or_zero(text_key_field(text, "kept_by", "receivers")))
		why_say(", and by receivers that still run");
	if (value_or_zero(text_key_field(text, "kept_by", "netlink")))
		why_say(", and by netlink");
	why_say(". It is freed when the last of these is gone.");
	why_from("nbddiag/%s: kept_by", name);
}

/* Of those that are served, and lead to one volume, there is nothing to say. */
static void explain_sockets(const char *name, const struct text *text)
{
	struct device_facts f;

	device_facts_read(&f, text, name);
	if (f.broken || !f.sockets.nr || !f.live.known)
		return;
	if (!f.receivers.known || f.receivers.nr) {
		if (f.live.nr == f.sockets.nr && !f.peers_differ)
			return;
	}
	why_say("It has %llu socket%s: %llu marked dead, %llu not", f.sockets.nr,
		f.sockets.nr == 1 ? "" : "s", f.sockets.nr - f.live.nr,
		f.live.nr);
	if (f.receivers.known && !f.receivers.nr)
		why_say(". Nothing serves %s", f.sockets.nr == 1 ? "it" : "them");
	why_say(".");
	why_from("nbddiag/%s: sockets", name);
	if (!f.peers_differ || !*f.peer[0] || !*f.peer[1])
		return;
	why_say("They lead to %s and %s: different volumes, judging by these names.",
		f.peer[0], f.peer[1]);
	why_from("nbddiag/%s: peers_agree, socket", name);
}

/* "424 nbdkit" */
static void say_process(const struct why *why, const char *socket, pid_t pid)
{
	struct value comm = text_field(socket, "peer_comm");
	struct task task;

	why_say("%d", (int)pid);
	if (pid == server_listener(socket) && comm.kind == VALUE_GIVEN) {
		why_say(" %.*s", (int)comm.len, comm.at);
	} else if (pid == server_listener(socket) &&
		   value_is_unknown(comm, "gone")) {
		why_say(", which is no more");
	} else if (task_read(why->source, &task, pid, pid)) {
		why_say(" %s", task.comm);
		task_free(&task);
	}
}

/* So many of those who may be meant are named. */
#define NAMED 4

static void say_servers(const struct why *why, const char *socket,
			const struct servers *servers)
{
	size_t i;

	if (servers->nr == 1)
		why_say("process ");
	else
		why_say("one of %zu processes: ", servers->nr);
	for (i = 0; i < servers->nr && i < NAMED; i++) {
		why_say("%s", i ? ", " : "");
		say_process(why, socket, servers->pid[i]);
	}
	if (servers->nr > NAMED)
		why_say(", ...");
}

static void say_peer_process(const struct why *why, const char *socket)
{
	pid_t listener = server_listener(socket);
	struct servers servers;
	bool known;

	known = server_find_all(why->source, socket, &servers);
	if (servers.nr) {
		why_say(" (");
		say_servers(why, socket, &servers);
		why_say("%s)", listener ? "" : " of this host");
	} else if (known) {
		why_say(" (which no process is seen to have open)");
	} else if (listener) {
		why_say(" (process ");
		say_process(why, socket, listener);
		why_say(" listened, and may have passed it on)");
	}
	servers_free(&servers);
}

/* Who should answer, by the socket that the oldest request was sent on. */
static void explain_server(struct why *why, const char *name,
			   const struct text *text)
{
	const char *socket = server_socket(text);
	struct value peer;

	if (!socket)
		return;
	why_say("The oldest was sent on socket ");
	why_say_value(text_field(socket, "index"), "a number");
	why_say(", to ");
	peer = text_field(socket, "peer");
	if (value_is(peer, "unnamed"))
		why_say("a peer without a name");
	else
		why_say_value(peer, "a peer");
	if (value_is(text_field(socket, "peer_exists"), "no")) {
		why_say(", which has closed. Nobody will answer it.");
	} else {
		say_peer_process(why, socket);
		why_say(", which has not answered");
		if (value_or_zero(text_field(socket, "unsent_bytes")))
			why_say(", nor read all that was sent");
		why_say(".");
	}
	why_from("nbddiag/%s: request, socket", name);
	why_explain_server(why, text);
}

/* What waits in its queue, or because that is frozen, is none. */
static void explain_none(struct why *why, const char *name,
			 const struct text *text)
{
	uint64_t inflight;

	if (!value_or_zero(text_get(text, "recv_threads")) ||
	    !value_number(text_key_field(text, "requests", "inflight"), &inflight))
		return;
	why_say("It has no request in flight.");
	why_from("nbddiag/%s: requests", name);
	why_explain_server(why, text);
}

static void explain_requests(struct why *why, const char *name,
			     const struct text *text)
{
	struct value sum = text_get(text, "requests");
	uint64_t inflight;

	if (sum.kind == VALUE_UNKNOWN) {
		why_say("What it has in flight is not known (%.*s).",
			(int)sum.len, sum.at);
		why_from("nbddiag/%s: requests", name);
		why_note_unknown(why, "requests-unknown");
		return;
	}
	inflight = value_or_zero(text_key_field(text, "requests", "inflight"));
	if (!inflight) {
		explain_none(why, name, text);
		return;
	}
	why_say("It has %" PRIu64 " request%s in flight, the oldest for ", inflight,
		inflight == 1 ? "" : "s");
	why_say_age(text_key_field(text, "requests", "oldest_age_ns"));
	if (!value_or_zero(text_get(text, "recv_threads")))
		why_say(". No receiver runs, so no answer can come");
	else if (!value_or_zero(text_get(text, "timeout_s")))
		why_say(". They have no timeout, and wait for ever");
	why_say(".");
	why_from("nbddiag/%s: requests", name);
	explain_server(why, name, text);
}

/* ---- who keeps a device ---- */

static void explain_opener(struct why *why, const struct task *task)
{
	if (task->state == 'D' || task->is_exiting) {
		why_task(why, task);
		return;
	}
	if ((strchr("Tt", task->state) && why_stopped(why, task)) ||
	    why_frozen(why, task))
		return;
	why_deadlocks(why, task->tgid);
	why_owed_to(why, task);
}

/* What lies on it. */
static void explain_above(struct why *why, const struct holder *holder,
			  const char *name)
{
	const char *above = holder->path + strlen("/dev/");
	char *full;

	if (!strncmp(above, "loop", 4)) {
		why_say("The loop device %s lies on %s.", above, name);
		why_from("/sys/block/%s/loop/backing_file", above);
		return;
	}
	full = disk_full_name(why->source, above);
	why_say("%s is part of the device %s.", name, full);
	why_from("/sys/block/%s/holders", holder->device);
	free(full);
}

static void explain_aio(struct why *why, const struct holder *holder,
			const char *name)
{
	const struct task *task = &holder->task;

	if (task->tid)
		why_say_task(task);
	else
		why_say("Somebody");
	why_say(" has %s on %s: until they are done it is in use.",
		holder->what, name);
	why_from("nbddiag/aio: owed");
	if (task->tid && (task->state == 'D' || task->is_exiting))
		why_task(why, task);
	else if (task->tid)
		why_owed_to(why, task);
}

static void explain_ring(const struct holder *holder, const char *name)
{
	if (holder->task.tid)
		why_say_task(&holder->task);
	else
		why_say("An io_uring");
	why_say(" has %s on %s: until they are done it is in use.",
		holder->what, name);
	why_from(holder->task.tid ? "nbddiag/uring: ring, owed" :
				    "nbddiag/io: request");
}

/* A partition, or a file on it. */
static void say_swap(const struct holder *holder, const char *name)
{
	if (swap_is_device(holder->what))
		why_say("%s is used for swap.", name);
	else
		why_say("The swap file %s is on %s.", holder->what, name);
}

static void explain_holder(struct why *why, const struct holder *holder)
{
	char *name = disk_full_name(why->source, holder->device);

	switch (holder->kind) {
	case HOLDER_PROCESS:
	case HOLDER_THREAD:
		why_say("%s is open in ", name);
		why_say_task(&holder->task);
		if (holder->fds)
			why_say(", descriptor %s", holder->fds);
		why_say(".");
		why_from("/proc/%d/task/%d/fd", (int)holder->task.tgid,
			 (int)holder->task.tid);
		explain_opener(why, &holder->task);
		break;
	case HOLDER_MOUNT:
		why_say("%s is mounted on %s.", name, holder->what);
		why_from("/proc/*/mountinfo");
		break;
	case HOLDER_SWAP:
		say_swap(holder, name);
		why_from("/proc/swaps");
		break;
	case HOLDER_PARTITION:
		why_say("%s %s is in use.", holder->via ? "The partition" :
			"Its partition", name);
		why_from("/sys/block");
		break;
	case HOLDER_DEVICE:
		explain_above(why, holder, name);
		break;
	case HOLDER_AIO:
		explain_aio(why, holder, name);
		break;
	case HOLDER_URING:
		explain_ring(holder, name);
		break;
	case HOLDER_RING_UNOWNED:
		/* Said of all rings, and what else there is. */
		break;
	}
	free(name);
}

/* Who looks for a process should know that there is none to end. */
static void explain_no_process(const struct why *why,
			       const struct holders *holders)
{
	char *name;
	size_t i;

	for (i = 0; i < holders->nr; i++)
		if (holders->holder[i].kind != HOLDER_RING_UNOWNED)
			return;
	if (!holders->nr)
		return;
	name = disk_full_name(why->source, holders->holder[0].device);
	why_say("%s is in use by no process, but by %s alone.", name,
		holders->nr == 1 ? "that ring" : "such rings");
	why_from("nbddiag holders");
	free(name);
}

void why_holders(struct why *why, const struct holders *holders)
{
	size_t i;

	for (i = 0; i < holders->nr; i++)
		explain_holder(why, &holders->holder[i]);
	if (holders_complete(holders)) {
		explain_no_process(why, holders);
		return;
	}
	why_say("Something else may keep it: not all of its opens were found.");
	why_from("nbddiag holders");
	why_note_unknown(why, "holder-unknown");
}

static void explain_holders(struct why *why, const struct text *text)
{
	struct holders holders;

	holders_find(why->source, &holders, text);
	why_holders(why, &holders);
	holders_free(&holders);
}

/* Its removal may wait for its requests. */
static void explain_gone(struct why *why, const char *name)
{
	struct disk disk;

	if (io_disk_named(&why->io, name, &disk)) {
		why_outstanding(why, &disk);
		return;
	}
	why_say("%s is no more.", name);
	why_from("nbddiag/%s", name);
}

static void explain_use(struct why *why, const char *name,
			const struct text *text, bool holders)
{
	why_waiters(why, name);
	why_rings_on(why, name);
	why_hung(why, name);
	if (holders)
		explain_holders(why, text);
}

void why_note_unread(struct why *why, const char *message)
{
	complain("%s", message);
	document_incomplete(message);
	why->has_unread = true;
}

/* What other files say of it. */
static void explain_unread(struct why *why, const char *name, bool holders)
{
	struct holders found;
	struct disk disk;

	why_say("In which state %s is, and what it owes, is not known: ", name);
	why_say("its file cannot be read or understood.");
	why_from("nbddiag/%s", name);
	if (!disk_named(why->source, name, &disk) &&
	    !io_disk_named(&why->io, name, &disk))
		return;
	why_outstanding(why, &disk);
	if (!holders)
		return;
	holders_find_disk(why->source, &found, &disk);
	why_holders(why, &found);
	holders_free(&found);
	why_say("Something else may keep it: how often it is open is not known.\n");
}

/* Return: false if there is nothing to go on with; what can be said was said. */
static bool read_or_explain(struct why *why, struct text *text,
			    const char *name, bool holders)
{
	enum exit_status status;
	char *message = device_read_or_say(why->source, text, name, &status);

	if (!message)
		return true;
	if (status == EXIT_NO_SUCH) {
		explain_gone(why, name);
	} else {
		why_note_unread(why, message);
		explain_unread(why, name, holders);
	}
	free(message);
	return false;
}

void why_device(struct why *why, const char *name, bool holders)
{
	struct text text;
	bool is_free;

	if (!why_visit_device(why, name) ||
	    !read_or_explain(why, &text, name, holders))
		return;
	is_free = value_is(text_get(&text, "state"), "free");
	explain_state(why, name, &text);
	if (!is_free) {
		explain_config(name, &text);
		explain_sockets(name, &text);
		explain_requests(why, name, &text);
	}
	/* An attach that was refused leaves its reason in the log, and the device free. */
	why_patterns(why, name, &text);
	if (!is_free)
		explain_use(why, name, &text, holders);
	text_free(&text);
}

/* The module knows disks that have left sysfs, too. */
static bool is_known(const struct why *why, const char *name,
		     struct disk *disk)
{
	if (!strncmp(name, "/dev/", 5))
		name += 5;
	return io_disk_named(&why->io, name, disk);
}

char **why_devices(struct why *why, struct text *devices)
{
	why->devices_found = modfile_look(why->source, devices, "devices");
	return device_names_with(why->source, devices);
}

/* ---- a socket ---- */

static bool is_peer(struct value peer, const char *kind, const char *name)
{
	char *text = *kind ? say("%s:\"%s\"", kind, name) : say("%s", name);
	bool same = value_is(peer, text);

	free(text);
	return same;
}

/* @name is escaped as in the file; or it is all that the file has, as 'path:"/sock"'. */
static bool is_connected_to(const struct text *text, const char *name)
{
	const char *socket;
	struct value peer;
	size_t at = 0;

	while ((socket = text_next(text, "socket", &at))) {
		peer = text_field(socket, "peer");
		if (is_peer(peer, "path", name) ||
		    is_peer(peer, "abstract", name) ||
		    (device_is_peer(peer) && is_peer(peer, "", name)))
			return true;
	}
	return false;
}

/* @unread: set if its file cannot be read, and what it is connected to is not known */
static bool explain_if_connected(struct why *why, const char *device,
				 const char *name, bool *unread)
{
	enum exit_status status;
	struct text text;
	char *message = device_read_or_say(why->source, &text, device, &status);
	bool connected;

	if (message) {
		if (status != EXIT_NO_SUCH) {
			why_note_unread(why, message);
			*unread = true;
		}
		free(message);
		return false;
	}
	connected = is_connected_to(&text, name);
	text_free(&text);
	if (!connected)
		return false;
	why_say("%s is connected to %s.", device, name);
	why_from("nbddiag/%s: socket", device);
	why_device(why, device, true);
	return true;
}

/* It may be copied from what was printed, where it is escaped. */
static bool is_as_printed(const char *name)
{
	return !strncmp(name, "path:\"", 6) || !strncmp(name, "abstract:\"", 10);
}

/* Return: whether a device has a server with this name. */
static bool explain_socket(struct why *why, const char *name, bool *unread)
{
	char *escaped = is_as_printed(name) ? check_memory(strdup(name)) :
					      escape_copy(name, strlen(name));
	char **devices, **device;
	bool found = false;
	struct text text;
	size_t at = 0;

	devices = why_devices(why, &text);
	*unread = why->devices_found != MODFILE_READ;
	for (device = devices; *device; device++)
		if (!value_is(text_field(brief_find(&text, *device, &at),
					 "state"), "free"))
			found |= explain_if_connected(why, *device, escaped,
						      unread);
	source_free_names(devices);
	text_free(&text);
	free(escaped);
	return found;
}

/* ---- what is on a device ---- */

/* Else one that is not among them is a slip. */
static bool has_partitions(const struct source *source, const char *device)
{
	struct disk disk;
	char **names;
	bool has;

	if (!disk_named(source, device, &disk))
		return false;
	names = disk_partitions(source, &disk);
	has = names && *names;
	source_free_names(names);
	return has;
}

/* One that is not there any more, or was not captured. */
static bool explain_partition(struct why *why, const char *name)
{
	char plain[DEVICE_NAME_LEN];
	struct text text;

	if (!device_is_named(plain, name) ||
	    has_partitions(why->source, plain))
		return false;
	device_read(why->source, &text, name);
	text_free(&text);
	why_say("There is no partition %s known. It would be of %s.",
		strncmp(name, "/dev/", 5) ? name : name + 5, plain);
	why_from("/sys/block/%s", plain);
	why_device(why, plain, true);
	return true;
}

/* If there is none, this says which there are, and ends. */
static void check_exists(const struct why *why, const char *name)
{
	enum exit_status status;
	struct text text;
	char *message = device_read_or_say(why->source, &text, name, &status);
	bool missing = message && status == EXIT_NO_SUCH;

	free(message);
	text_free(&text);
	if (missing)
		fail(status, "%s",
		     device_says_missing(why->source, name, &status));
}

void why_named_device(struct why *why, const char *name)
{
	char plain[DEVICE_NAME_LEN];
	struct disk disk;
	bool unread;

	if (device_has_plain_name(plain, name)) {
		if (!is_known(why, plain, &disk))
			check_exists(why, plain);
		why_device(why, plain, true);
	} else if (disk_asked_for(why->source, name, &disk) ||
		   is_known(why, name, &disk)) {
		why_disk(why, &disk);
	} else if (!explain_partition(why, name) &&
		   !explain_socket(why, name, &unread) &&
		   !why_mount_elsewhere(why, name) &&
		   !why_file(why, name)) {
		if (unread)
			fail(EXIT_DATA, "whether '%s' is the socket of a server is not known. %s",
			     name, "It is no block device, map or mount point");
		fail(EXIT_NO_SUCH,
		     "there is no block device, map, mount point or socket of a server '%s'",
		     name);
	}
}
