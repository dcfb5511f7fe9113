/* SPDX-License-Identifier: GPL-2.0 */
/* The chain from what hangs to what it waits for, hop by hop. */
#ifndef NBDDIAG_WHY_H
#define NBDDIAG_WHY_H

#include "facts/aio.h"
#include "facts/rest.h"
#include "facts/text.h"
#include "holders/holders.h"
#include "host/disk_map.h"
#include "host/disks.h"
#include "host/task.h"
#include "verdict/verdict.h"
#include "why/pattern.h"

#define WHY_MAX_HOPS 32
/* Devices do not lie on each other so high, nor so many on those of one cause. */
#define WHY_MAX_HEIGHT 32
#define WHY_MAX_ABOVE 16384
/* Of so many processes the locks are read, when all causes are looked for. */
#define WHY_MAX_LOCKED 64
#define WHY_NAME_LEN 32

/* Of what there is more than that. */
enum why_cut {
	WHY_CUT_HOPS = 1,
	WHY_CUT_ABOVE = 2,
	WHY_CUT_LOCKED = 4,
};

/* What was said of what helps. */
enum why_help {
	WHY_HELP_UNSAID,
	WHY_HELP_NOT_KNOWN,	/* that it is not known, or what helps elsewhere */
	WHY_HELP_SAID,		/* of the root cause: nothing is to be added */
};

/* Of whom something was explained. */
struct why_visited {
	pid_t pid[WHY_MAX_HOPS];
	size_t nr;
};

struct pattern;

/* What a device looks like. */
struct why_looks {
	char device[WHY_NAME_LEN];
	const struct pattern *pattern;
};

/**
 * struct why - how far we have come
 * @source: where to look
 * @aio: the file aio, or empty
 * @aio_found: whether it is there
 * @io: the file io, or empty
 * @io_found: whether it is there
 * @tasks: the file tasks, or empty
 * @tasks_found: whether it is there
 * @uring: the file uring, or empty
 * @uring_found: whether it is there
 * @devices_found: whether the file devices is there, where it was looked for
 * @log: the kernel's log, or NULL
 * @log_missed: it would have been looked at for what devices look like
 * @disks: block devices by their numbers
 * @device: devices that were explained
 * @nr_devices: how many
 * @threads: threads that were explained
 * @processes: processes whose locks were explained
 * @owners: processes whose AIO requests were explained
 * @looks: what was said that devices look like
 * @nr_looks: how many
 * @step: what was said that helps
 * @nr_steps: how many
 * @help: whether it was said what helps against what is explained
 * @cut: of what there is more than is looked at, bits of enum why_cut
 * @rings: processes whose rings were explained
 * @frozen: processes of which it was said how to thaw them
 * @has_unread: the file of a device that was to be explained could not be read
 * @locks_unknown: why_deadlock() could not read all that it needs
 * @unknown: what else is not known where the chain ends, as a word; NULL if nothing
 */
struct why {
	const struct source *source;
	struct text aio;
	enum modfile_found aio_found;
	struct text io;
	enum modfile_found io_found;
	struct text tasks;
	enum modfile_found tasks_found;
	struct text uring;
	enum modfile_found uring_found;
	enum modfile_found devices_found;
	char *log;
	bool log_missed;
	struct disk_map disks;
	char device[WHY_MAX_HOPS][WHY_NAME_LEN];
	size_t nr_devices;
	struct why_visited threads;
	struct why_visited processes;
	struct why_visited owners;
	struct why_visited rings;
	struct why_visited frozen;
	struct why_looks *looks;
	size_t nr_looks;
	struct verdict_step *step;
	size_t nr_steps;
	enum why_help help;
	unsigned int cut;
	bool has_unread;
	bool locks_unknown;
	const char *unknown;
};

/**
 * why_visit() - notes a pid
 * @why: the chain
 * @visited: of it
 *
 * Return: false if it was noted before, or if there are too many.
 */
bool why_visit(struct why *why, struct why_visited *visited, pid_t pid);

/* What was found of the locks of a process. */
enum why_locks {
	WHY_LOCKS_NONE,		/* nothing waits for one */
	WHY_LOCKS_WAIT,		/* something does, or that is not known */
	WHY_LOCKS_DEADLOCK,
};

/**
 * why_device() - what state an nbd device is in, what it waits for, who keeps it
 * @why: the chain; devices that were explained are not explained again
 * @holders: who keeps it, too
 */
void why_device(struct why *why, const char *name, bool holders);

/**
 * why_note_unknown() - the chain ends in something that is not known
 * @word: for JSON, a literal; the first one counts
 *
 * What it is has its own sentence. The exit status follows from this.
 */
void why_note_unknown(struct why *why, const char *word);

/* That the file of a device cannot be read, on standard error. @message: why */
void why_note_unread(struct why *why, const char *message);

/**
 * why_devices() - the names of all nbd devices
 * @devices: the file, or empty if it cannot be read; for text_free()
 *
 * Return: as device_names_with().
 */
char **why_devices(struct why *why, struct text *devices);

/**
 * why_disk() - the same for any block device
 * @why: the chain; devices that were explained are not explained again
 */
void why_disk(struct why *why, const struct disk *disk);

/* What it is, what is outstanding there, what holds that up, and what is below. */
void why_outstanding(struct why *why, const struct disk *disk);

/**
 * why_owing() - why a device does not answer, without who keeps it
 * @name: a disk's; nothing is said of one that has nothing outstanding, is no nbd
 *	device and lies on no other device
 */
void why_owing(struct why *why, const char *name);

/**
 * why_named_device() - the same for a device that was asked for
 * @name: as for device_plain_name() or disk_asked_for(), or of a server's socket;
 *	the program ends if there is none
 */
void why_named_device(struct why *why, const char *name);

/**
 * why_file() - why a file hangs, by the mount point above it in this mount namespace
 *
 * The file is not looked up. Return: false if that is on no block device.
 */
bool why_file(struct why *why, const char *name);

/**
 * why_mount_elsewhere() - why a mount point hangs that other mount namespaces have
 *
 * What could not be read is said. Return: false if none has it, or it is on no block device.
 */
bool why_mount_elsewhere(struct why *why, const char *name);

/* Where the requests rest that concern a device, and why they do. */
void why_rests(struct why *why, const struct disk *disk);

/* Who waits for requests that rest at a device or came by way of it. */
void why_waiters(const struct why *why, const char *name);

/* Return: false if it was explained before, or there are too many. */
bool why_visit_device(struct why *why, const char *name);

/* Who keeps a device; and what those wait for, if they hang. */
void why_holders(struct why *why, const struct holders *holders);

/**
 * why_owed() - which devices owe an owner of AIO contexts its requests, and why
 * @owner: of why->aio
 */
void why_owed(struct why *why, const struct aio_owner *owner);

/**
 * why_owed_to() - the same for a process with live contexts
 * @task: a thread of it
 */
void why_owed_to(struct why *why, const struct task *task);

/**
 * why_process() - what the threads of a process wait for, and what it is owed
 * @pid: a process or thread; the program ends if there is none
 */
void why_process(struct why *why, pid_t pid);

/**
 * why_task() - what a thread waits for
 * @why: the chain; threads that were explained are not explained again
 * @task: the thread, as task_read_sleep() fills it; it is looked at twice if
 *	why_look_twice() has not done so
 */
void why_task(struct why *why, const struct task *task);

/**
 * why_look_twice() - which threads stay in D of those that the file tasks does not list?
 * @tasks: any threads; @later is set of those that are in D and not listed
 * @nr: how many
 *
 * Only the host can be asked: in a capture nothing is set.
 */
void why_look_twice(const struct why *why, struct task *tasks, size_t nr);

/* Was it in D, and is it not any more? That it makes progress is not known from that. */
bool why_left(const struct task *task);

/**
 * why_wait() - what a thread waits for in the kernel, and who has or owes it
 * @tid: the thread
 *
 * Return: false if that is not known to the end.
 */
bool why_wait(struct why *why, pid_t tid);

/**
 * why_holder() - what becomes of a thread that others wait for
 * @tid: the thread
 * @tgid: its process
 *
 * The file tasks was read once: it may have gone on since, or ended.
 */
void why_holder(struct why *why, pid_t tid, pid_t tgid);

/**
 * why_wait_unknown() - say that it is not known what a task waits for
 * @line: of the file tasks
 */
void why_wait_unknown(struct why *why, const char *line);

/**
 * why_unlisted() - say that a thread in D has no line in the file tasks
 *
 * What it waits for is not known then; nor, in a capture, whether it hangs.
 */
void why_unlisted(struct why *why);

/**
 * why_way_ends() - say why no disk is found to owe what a task waits for
 * @line: of the file tasks; nobody has what it waits for, or that is not known
 */
void why_way_ends(struct why *why, const char *line);

/**
 * why_add_end() - add what ends a wait that no device and no task would end
 * @verdict: gets the steps, if any are known
 * @line: of the file tasks, of the last task on the way
 */
void why_add_end(const struct why *why, struct verdict *verdict,
		 const char *line);

/* Add how to thaw a thread that is frozen by its cgroup. */
void why_add_thaw(const struct why *why, struct verdict *verdict, pid_t tgid,
		  pid_t tid);

/**
 * why_add_resume() - add how to resume a map
 * @map: its name
 * @is_sure: that it is suspended is known
 */
void why_add_resume(struct verdict *verdict, const char *map, bool is_sure);

/* Add how to raise a cgroup's limit that holds requests back. */
void why_add_raise(struct verdict *verdict);

/**
 * why_awaited() - what a task waits for, for a sentence
 * @line: of the file tasks
 *
 * Return: for instance "a block of the ext4 filesystem on nbd0", for free(); NULL of
 * a lock, of work, or of a word that is not known here.
 */
char *why_awaited(const struct why *why, const char *line);

/* Which tasks cannot go on because of a device. */
void why_hung(struct why *why, const char *device);

/* Which tasks wait for what a thread has. */
void why_held_up_by(struct why *why, pid_t tid);

/* ---- rings of io_uring ---- */

/* Those that a process left which has ended. Return: whether there are any. */
bool why_rings_of_gone(struct why *why, pid_t pid);

/* Those that a worker of the kernel waits to free. Return: whether there are any. */
bool why_rings_of_worker(struct why *why, pid_t tid);

/* Does the kernel owe requests to rings that a process has? */
bool why_rings_owe(const struct why *why, pid_t pid);

/**
 * why_rings() - those that a process has or has closed, and what they are owed
 * @hangs: a thread of it cannot go on until their requests are done
 *
 * Return: whether there are any, or they were explained before.
 */
bool why_rings(struct why *why, pid_t pid, bool hangs);

/* Those that wait for requests which rest at a device or came by way of it. */
void why_rings_on(struct why *why, const char *device);

/**
 * why_locks() - which threads of a process wait for which, by its own locks
 * @why: the chain; processes that were explained are not explained again
 * @tid: only what this thread waits for, 0 for all
 *
 * Return: what was found.
 */
enum why_locks why_locks(struct why *why, pid_t tgid, pid_t tid);

/* Only the deadlocks among them. */
void why_deadlocks(struct why *why, pid_t tgid);

/**
 * why_deadlock() - do threads of a process wait for each other, and none with a timeout?
 * @tids: set to these and those that wait for them, none with a timeout; for free()
 * @nr: set to how many
 *
 * Return: who does, as the beginning of a sentence, for free(); NULL if none do, or that
 * is not known, and nothing is set. If it is not known, @why->locks_unknown is set.
 */
char *why_deadlock(struct why *why, pid_t tgid, pid_t **tids, size_t *nr);

/* The AIO contexts of a process: what is in flight, and what it has not taken. */
void why_contexts(struct why *why, pid_t pid);

/* What the process does that should answer a device, if it does not go on. */
void why_explain_server(struct why *why, const struct text *text);

/**
 * why_symptoms() - all that patterns are looked for in
 * @symptoms: filled
 * @holder: the task that has nbd's lock, for task_free()
 */
void why_symptoms(const struct why *why, struct symptoms *symptoms,
		  struct task *holder, const char *name,
		  const struct text *text);

/**
 * why_say_help() - what helps and what that costs, or that this is not known
 * @indent: what each line begins with
 */
void why_say_help(const struct verdict *verdict, const char *indent);

/* The same of what is explained; noted for programs. */
void why_help(struct why *why, const struct verdict *verdict);

/**
 * why_disk_help() - what frees a disk of another driver, if it is held up
 * @line: of the file io
 *
 * Nothing is said if that was said of the root cause.
 */
void why_disk_help(struct why *why, const char *name, const char *line);

/* What a device looks like, and what frees it if it is stuck. */
void why_patterns(struct why *why, const char *name, const struct text *text);

/**
 * why_stopped() - that a process is stopped, and who lets it go on
 * @task: its main thread
 *
 * Return: false if it is not stopped.
 */
bool why_stopped(const struct why *why, const struct task *task);

/**
 * why_frozen() - that a process is frozen by its cgroup, and how to thaw it
 * @task: its main thread
 *
 * Return: false if it is not frozen, or is in D, where the file tasks says it.
 */
bool why_frozen(struct why *why, const struct task *task);

/**
 * why_served() - which nbd devices a process serves, what it owes them, and who waits for that
 * @task: its main thread
 *
 * Return: whether it owes them anything, or that is not known.
 */
bool why_served(struct why *why, const struct task *task);

/**
 * why_gaps() - say what is not known, as a file of the module is missing or lacks some
 *
 * That the chain ended in something unknown was said; here it is counted.
 *
 * Return: whether there is any such.
 */
bool why_gaps(const struct why *why);

/* ---- sentences ---- */

/**
 * why_say() - a part of a sentence
 * @format: as of printf()
 */
__attribute__((format(printf, 1, 2)))
void why_say(const char *format, ...);

/* Leave a line before the next sentence, if there is one. */
void why_leave_line(void);

/**
 * why_from() - the end of a sentence: which file says so
 * @format: as of printf()
 */
__attribute__((format(printf, 1, 2)))
void why_from(const char *format, ...);

/**
 * why_say_value() - a value in a sentence
 * @what: what it is, if it is not known, for instance "a function"
 */
void why_say_value(struct value value, const char *what);

/**
 * why_say_age() - an age in a sentence
 * @value: nanoseconds
 */
void why_say_age(struct value value);

/* The names that people have for the devices in a list with commas, for free(). */
char *why_names(const struct why *why, struct value list);
void why_say_names(const struct why *why, struct value list);

/* The paths of a multipath map in brackets, if that is one. */
void why_say_paths(const struct why *why, const char *name);

/* After "X owes 5 of them": of what they were asked, and what holds them up. */
void why_say_rest(const struct why *why, const struct rest *rest);

/* A thread in a sentence. */
void why_say_task(const struct task *task);

#endif /* NBDDIAG_WHY_H */
