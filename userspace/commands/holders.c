// SPDX-License-Identifier: GPL-2.0
/* nbddiag holders: who keeps a device, and where it hangs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/document.h"
#include "base/fail.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "facts/device.h"
#include "facts/io.h"
#include "facts/text.h"
#include "holders/holders.h"

enum {
	COL_KIND, COL_PID, COL_TID, COL_COMM, COL_STATE, COL_SLEEPS_IN,
	COL_THREADS, COL_FD, COL_WHAT, COL_SYSCALL, COL_FILE, COL_DEVICE,
	COL_PATH, COL_MOUNTS, COL_VIA,
};

#define RIGHT SCOLS_FL_RIGHT

static const struct column columns[] = {
	[COL_KIND] = { "KIND", "process, thread, mount, swap, partition, holder (device), aio, ...",
		SCOLS_JSON_STRING, 0, .by_default = true },
	[COL_PID] = { "PID", "process (of a mount that process 1 does not see: one that does)",
		SCOLS_JSON_NUMBER, RIGHT, .by_default = true },
	[COL_TID] = { "TID", "thread",
		SCOLS_JSON_NUMBER, RIGHT, .by_default = true, .spare = 2 },
	[COL_COMM] = { "COMM", "name of the thread",
		SCOLS_JSON_STRING, 0, .by_default = true },
	[COL_STATE] = { "STATE", "state of the thread, as ps shows it",
		SCOLS_JSON_STRING, 0, .by_default = true },
	[COL_SLEEPS_IN] = { "SLEEPS-IN", "function of the kernel in which it sleeps",
		SCOLS_JSON_STRING, 0, .by_default = true, .spare = 4 },
	[COL_THREADS] = { "THREADS", "how many threads share these descriptors",
		SCOLS_JSON_NUMBER, RIGHT, .by_default = true, .spare = 1 },
	[COL_FD] = { "FD", "descriptors",
		COLUMN_JSON_NUMBERS, 0, .by_default = true, .spare = 3 },
	[COL_WHAT] = { "WHAT", "device, partition, mount point, swap, or requests",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, .by_default = true },
	[COL_SYSCALL] = { "SYSCALL", "of a thread in D: system call, or 'exiting'",
		SCOLS_JSON_STRING, 0, .by_default = true, .spare = 5 },
	[COL_FILE] = { "FILE", "of a thread in D: file that the system call works on",
		SCOLS_JSON_STRING, SCOLS_FL_TRUNC, .by_default = true, .spare = 6 },
	[COL_DEVICE] = { "DEVICE", "which is kept: the device, a partition, or what lies on it",
		SCOLS_JSON_STRING, 0, .by_default = false },
	[COL_PATH] = { "PATH", "name under which it is open (of another device: its node)",
		SCOLS_JSON_STRING, 0, .by_default = false },
	[COL_MOUNTS] = { "MOUNTS", "how many such mounts there are in all mount namespaces",
		SCOLS_JSON_NUMBER, RIGHT, .by_default = false },
	[COL_VIA] = { "VIA", "devices that lie on it, up to the one which is kept",
		COLUMN_JSON_NAMES, SCOLS_FL_TRUNC, .by_default = true, .spare = 7 },
};

static void put_text(struct table *table, struct libscols_line *line,
		     size_t column, const char *text)
{
	if (text)
		table_put(table, line, column, "%s", text);
}

static void put_thread(struct table *table, struct libscols_line *line,
		       const struct task *task)
{
	if (!task->tid)
		return;
	table_put(table, line, COL_TID, "%d", task->tid);
	table_put(table, line, COL_STATE, "%c", task->state);
	put_text(table, line, COL_SLEEPS_IN, task->function);
	if (!task->function && !strchr("RZX", task->state))
		table_put_unknown(table, line, COL_SLEEPS_IN, "unreadable",
				  strlen("unreadable"));
	if (task->state == 'D' && task->is_exiting)
		put_text(table, line, COL_SYSCALL, "exiting");
	else
		put_text(table, line, COL_SYSCALL, task->call.name);
	put_text(table, line, COL_FILE, task->call.file);
}

static void put_holder(struct table *table, const struct holder *holder)
{
	struct libscols_line *line = table_line(table, NULL);

	put_text(table, line, COL_KIND, holder_kind_name(holder->kind));
	if (holder->task.tid) {
		table_put(table, line, COL_PID, "%d", holder->task.tgid);
		put_text(table, line, COL_COMM, holder->task.comm);
	}
	if (holder->threads || holder->kind == HOLDER_AIO ||
	    holder->kind == HOLDER_URING)
		put_thread(table, line, &holder->task);
	if (holder->threads)
		table_put(table, line, COL_THREADS, "%zu", holder->threads);
	put_text(table, line, COL_FD, holder->fds);
	put_text(table, line, COL_WHAT, holder->what);
	put_text(table, line, COL_DEVICE, holder->device);
	put_text(table, line, COL_PATH, holder->path);
	put_text(table, line, COL_VIA, holder->via);
	if (holder->mounts)
		table_put(table, line, COL_MOUNTS, "%zu", holder->mounts);
}

/* What the table does not show; on standard error, as it is none of its rows. */
static void print_notes(const struct options *options,
			const struct holders *holders)
{
	const char *name = options->args[0];

	if (holders->unreadable) {
		complain("%zu threads or mount namespaces are not readable, as of process %d: %s",
			 holders->unreadable, holders->unreadable_pid,
			 "no permission, or it hangs in execve(2)");
	}
	if (holders->foreign_pids)
		complain("processes outside of this pid namespace are not seen");
	if (holders->shared)
		complain("%zu descriptors of %s are %zu opens, as some share one. "
			 "A capture does not say which",
			 holders->descriptors, name, holders->openers);
	if (holders->uncompared)
		complain("whether the %zu descriptors of %s are as many opens is not known. "
			 "A process hangs in execve(2)",
			 holders->descriptors, name);
	if (holders->openers > holders->opens) {
		complain("%zu more opens of %s than were found: %s, %s, %s",
			 holders->openers - holders->opens, name,
			 "a mapping without descriptor, a close that hangs",
			 "a descriptor sent and not yet received",
			 "a mount that no process sees, or a user in the kernel");
	}
	if (holders->broken)
		complain("the file %s cannot be read or understood, "
			 "so that what is in flight was not looked at",
			 holders->broken);
}

/* What is in flight holds it too, whoever has asked for it. */
static void print_outstanding(const struct source *source,
			      const struct disk *disk)
{
	char *name = disk_full_name(source, disk->whole);
	struct count nr = {};
	struct text text;

	if (io_look(source, &text) == MODFILE_READ)
		nr = io_outstanding(io_disk(&text, disk->whole));
	if (nr.nr)
		complain("%s has %llu request%s outstanding. "
			 "It is in use until %s. 'nbddiag why %s' says more",
			 name, nr.nr, nr.nr == 1 ? "" : "s", nr.nr == 1 ?
			 "that is answered or failed" :
			 "they are answered or failed", disk->whole);
	text_free(&text);
	free(name);
}

static void print_table(const struct options *options,
			const struct holders *holders)
{
	struct table table;
	size_t i;

	table_start(&table, "holders", columns, ARRAY_SIZE(columns), options);
	for (i = 0; i < holders->nr; i++)
		put_holder(&table, &holders->holder[i]);
	table_print(&table);
	print_notes(options, holders);
}

/* Without the device's file: how often it is open is not known. */
static void find_unread(const struct options *options, const char *name,
			struct holders *holders, const char *message)
{
	struct disk disk;

	if (!disk_named(&options->source, name, &disk))
		fail(EXIT_DATA, "%s", message);
	complain("%s. How often %s is open is not known", message, name);
	document_incomplete(message);
	holders_find_disk(&options->source, holders, &disk);
	print_table(options, holders);
	print_outstanding(&options->source, &disk);
}

/*
 * Of nbd devices the module says how often they are open. Return: 0, or why that is not
 * known.
 */
static int find_nbd(const struct options *options, const char *name,
		    struct holders *holders)
{
	enum exit_status status;
	struct text text;
	char *message = device_read_or_say(&options->source, &text, name,
					   &status);

	/* Without the module, or such a device, this says so, and ends. */
	if (message && status != EXIT_DATA)
		device_read(&options->source, &text, name);
	if (message) {
		find_unread(options, name, holders, message);
		free(message);
		return status;
	}
	holders_find(&options->source, holders, &text);
	text_free(&text);
	print_table(options, holders);
	if (!options->json && !holders->nr && holders_complete(holders))
		complain("nothing holds %s", options->args[0]);
	return 0;
}

/* It has left sysfs, and the module knows it as it still has requests. */
static bool is_removed(const struct source *source, const char *name,
		       struct disk *disk)
{
	struct text text;
	bool known;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	if (disk_named(source, name, disk))
		return false;
	io_look(source, &text);
	known = io_disk_named(&text, name, disk);
	text_free(&text);
	return known;
}

static void find_other(const struct options *options, const char *name,
		       struct holders *holders)
{
	struct disk disk;

	if (!disk_asked_for(&options->source, name, &disk) &&
	    !is_removed(&options->source, name, &disk))
		fail(EXIT_NO_SUCH, "%s '%s'",
		     "there is no block device, map or mount point of this mount namespace",
		     name);
	holders_find_disk(&options->source, holders, &disk);
	print_table(options, holders);
	if (!options->json && !holders->nr && holders_complete(holders))
		complain("no holder of %s was found. "
			 "How often it is open is known of nbd devices only",
			 name);
	print_outstanding(&options->source, &disk);
}

static int holders_run(const struct options *options)
{
	const char *name = options->args[0];
	char plain[DEVICE_NAME_LEN];
	struct holders holders;
	struct disk disk;
	bool complete;
	int status = 0;

	if (!device_has_plain_name(plain, name))
		find_other(options, name, &holders);
	else if (is_removed(&options->source, plain, &disk))
		find_other(options, plain, &holders);
	else
		status = find_nbd(options, plain, &holders);
	complete = holders_complete(&holders);
	if (!complete)
		document_incomplete("holders-not-found");
	holders_free(&holders);
	if (status)
		return status;
	return complete ? 0 : STATUS_INCOMPLETE;
}

const struct command command_holders = {
	.name = "holders",
	.run = holders_run,
	.min = 1,
	.max = 1,
	.takes = "DEVICE",
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "who keeps a device, and where it hangs",
};
