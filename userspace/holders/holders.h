/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that keeps a block device, and what lies on it. */
#ifndef NBDDIAG_HOLDERS_H
#define NBDDIAG_HOLDERS_H

#include "facts/text.h"
#include "host/disks.h"
#include "host/source.h"
#include "host/task.h"

enum holder_kind {
	HOLDER_PROCESS,		/* with all threads that share its descriptors */
	HOLDER_THREAD,		/* in D, or with descriptors that its leader has not */
	HOLDER_MOUNT,
	HOLDER_SWAP,
	HOLDER_PARTITION,	/* one that another holder keeps */
	HOLDER_DEVICE,		/* device mapper, md, loop */
	HOLDER_AIO,		/* AIO requests of a task that has it open no more */
	HOLDER_URING,		/* the same of an io_uring */
	HOLDER_RING_UNOWNED,	/* of one that no process has any more */
};

/**
 * struct holder - something that keeps the device, a partition, or what lies on it
 * @kind: what it is
 * @device: what it keeps: "nbd0", "nbd0p1", or "dm-0" that lies on it
 * @via: if it keeps what lies on the device, the names of the devices from there
 *	up to @device, with commas between; escaped, else NULL
 * @task: of a process (its leader) or thread, as task_read_sleep() fills it; of a
 *	mount, a process that sees it, if that is not seen by process 1; who
 *	waits for AIO or has the io_uring; otherwise its tid is 0
 * @threads: how many threads share the descriptors; 0 if it is no process
 *	or thread, 1 for a thread in D
 * @fds: which descriptors, for instance "3,5-7"; NULL without
 * @what: where it is mounted, name of the dm device or md array, path of the
 *	swap, how many requests; otherwise @device, by its name of the device
 *	mapper if it has one; escaped
 * @path: under which name a process or thread has it open, or where the
 *	holding device is; escaped, NULL without
 * @mounts: how many such mounts there are, in all mount namespaces together
 */
struct holder {
	enum holder_kind kind;
	char device[DISK_NAME_LEN];
	char *via;
	struct task task;
	size_t threads;
	char *fds;
	char *what;
	char *path;
	size_t mounts;
};

/**
 * struct holders - all of them
 * @holder: processes and threads first, then in the order of the kinds
 * @nr: how many
 * @opens: for how many opens of the device they account, at least
 * @descriptors: how many descriptors of it were found; those that share an open
 *	file count once among @opens
 * @openers: how many there are, as the kernel counts; not more than @opens if
 *	that is not known
 * @unreadable: how many threads or mount namespaces could not be looked at
 * @unreadable_pid: a process of these
 * @shared: some of the descriptors share an open file, which is not known of a
 *	captured tree: there are more of them than openers
 * @uncompared: which of the descriptors share an open file is not known, as a
 *	process hangs in execve(2)
 * @foreign_pids: processes outside of this pid namespace are not seen
 * @broken: a file of the module that could not be understood, or NULL
 * @room: entries allocated
 */
struct holders {
	struct holder *holder;
	size_t nr;
	size_t opens;
	size_t descriptors;
	size_t openers;
	size_t unreadable;
	pid_t unreadable_pid;
	bool shared;
	bool uncompared;
	bool foreign_pids;
	const char *broken;
	size_t room;
};

/**
 * holders_find() - find everything that keeps an nbd device
 * @holders: filled, for holders_free()
 * @text: the device's file, from device_read()
 *
 * And what keeps the devices that lie on it, and those on these. It reads the
 * descriptors of all threads, which takes a while.
 */
void holders_find(const struct source *source, struct holders *holders,
		  const struct text *text);

/**
 * holders_find_disk() - the same for any block device
 * @holders: filled, for holders_free()
 *
 * How often it is open is not known of it.
 */
void holders_find_disk(const struct source *source, struct holders *holders,
		       const struct disk *disk);

/**
 * holders_complete() - is it sure that there are no others?
 * @holders: from holders_find()
 *
 * Return: false if something could not be looked at, or if the device is open
 * more often than they explain: an empty list then means nothing.
 */
bool holders_complete(const struct holders *holders);

/* What a holder is, in a word. */
const char *holder_kind_name(enum holder_kind kind);

/**
 * holder_text() - a holder in a line for people
 *
 * Return: a string for free(); it is safe to print.
 */
char *holder_text(const struct holder *holder);

/**
 * holders_free() - give back what holders_find() took
 * @holders: from holders_find()
 */
void holders_free(struct holders *holders);

#endif /* NBDDIAG_HOLDERS_H */
