// SPDX-License-Identifier: GPL-2.0
/*
 * The devices of a peer, a volume, a process or a virtual machine. A process
 * has to do with a device if it has it, a partition or what lies on it open, serves it,
 * has set it up, or is owed AIO requests by it.
 */
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "commands/list_find.h"
#include "holders/server.h"
#include "host/disks.h"
#include "host/guest.h"
#include "host/loops.h"
#include "host/task_fds.h"

bool list_find_is_needed(const struct options *options)
{
	return options->peer || options->volume || options->pid ||
	       options->guest;
}

/* ---- which processes ---- */

static bool is_meant(const struct options *options, const struct task_id *id,
		     size_t nr)
{
	bool meant = false;
	char *guest;
	size_t i;

	for (i = 0; i < nr && options->pid; i++)
		if (id[i].tid == (pid_t)options->pid ||
		    id[i].tgid == (pid_t)options->pid)
			return true;
	if (!options->guest)
		return false;
	guest = guest_name(&options->source, id->tgid);
	meant = guest && !strcmp(guest, options->guest);
	free(guest);
	return meant;
}

/* ---- which disks ---- */

static bool has_open(const struct list_find *find, const char *device)
{
	const char *name = NULL;

	while ((name = argz_next(find->open, find->open_len, name)))
		if (!strcmp(name, device))
			return true;
	return false;
}

/* Each is added once, so that this ends. */
static void add_disk(struct list_find *find, const struct loops *loops,
		     const struct disk *disk)
{
	const struct source *source = &find->options->source;
	const struct loop *loop = loops_find(loops, disk->whole);
	char **names, **name;
	struct disk below;

	if (has_open(find, disk->whole))
		return;
	if (argz_add(&find->open, &find->open_len, disk->whole))
		fail(EXIT_SYSTEM, "out of memory");
	names = disk_names(source, disk, "slaves");
	for (name = names; name && *name; name++)
		if (disk_named(source, *name, &below))
			add_disk(find, loops, &below);
	source_free_names(names);
	/* What a loop device lies on is not among them. */
	if (loop && *loop->on.name)
		add_disk(find, loops, &loop->on);
}

static void add_disks_of(struct list_find *find, const struct loops *loops,
			 const struct task_id *id)
{
	char *fds = task_block_fds(&find->options->source, id->tgid, id->tid);
	const char *at = fds;
	struct task_fd fd;
	struct disk disk;

	while (at && task_next_fd(&at, &fd))
		if (disk_map_find(&find->disks, fd.major, fd.minor, &disk))
			add_disk(find, loops, &disk);
	free(fds);
}

static void find_disks(struct list_find *find)
{
	struct loops loops;
	size_t i;

	loops_read(&find->options->source, &loops);
	for (i = 0; i < find->nr; i++)
		add_disks_of(find, &loops, &find->task[i]);
	loops_free(&loops);
}

void list_find_start(struct list_find *find, const struct options *options)
{
	struct task_id *all;
	size_t nr, i, j, threads;

	*find = (struct list_find){
		.options = options,
		.disks.source = &options->source,
	};
	if (!options->pid && !options->guest)
		return;
	all = task_list(&options->source, &nr);
	find->task = check_memory(calloc(nr + 1, sizeof(*find->task)));
	for (i = 0; i < nr; i += threads) {
		for (threads = 1; i + threads < nr &&
		     all[i + threads].tgid == all[i].tgid; threads++)
			;
		for (j = i; is_meant(options, &all[i], threads) &&
		     j < i + threads; j++)
			find->task[find->nr++] = all[j];
	}
	free(all);
	find_disks(find);
	if (find->nr)
		return;
	if (options->guest)
		complain("no process of a virtual machine '%s' was found",
			 options->guest);
	else
		complain("process %u was not found", options->pid);
}

void list_find_end(struct list_find *find)
{
	free(find->task);
	free(find->open);
	disk_map_free(&find->disks);
}

/* ---- names ---- */

static bool has_text(struct value value, const char *text)
{
	return value.kind == VALUE_GIVEN &&
	       memmem(value.at, value.len, text, strlen(text));
}

static bool has_peer(const struct text *text, const char *peer)
{
	const char *socket;
	size_t at = 0;

	while ((socket = text_next(text, "socket", &at)))
		if (has_text(text_field(socket, "peer"), peer))
			return true;
	return false;
}

/* Those who serve volumes name their sockets by them. */
static bool has_volume(const struct text *text, const char *volume)
{
	return has_text(text_get(text, "backend"), volume) ||
	       has_peer(text, volume);
}

/* ---- processes ---- */

static bool is_process(const struct list_find *find, uint64_t pid)
{
	size_t i;

	for (i = 0; pid && i < find->nr; i++)
		if ((uint64_t)find->task[i].tgid == pid ||
		    (uint64_t)find->task[i].tid == pid)
			return true;
	return false;
}

static bool has_process_in(const struct list_find *find,
			   const struct text *text, const char *key,
			   const char *field)
{
	const char *line;
	size_t at = 0;

	while ((line = text_next(text, key, &at)))
		if (is_process(find, value_or_zero(text_field(line, field))))
			return true;
	return false;
}

static bool has_other_end(const struct list_find *find, const char *socket)
{
	struct servers servers;
	bool has = false;
	size_t i;

	server_find_all(&find->options->source, socket, &servers);
	for (i = 0; i < servers.nr && !has; i++)
		has = is_process(find, servers.pid[i]);
	servers_free(&servers);
	return has;
}

/* Who has the other end open, and not who listened. */
static bool is_served_by(const struct list_find *find, const struct text *text)
{
	const char *socket;
	size_t at = 0;

	while ((socket = text_next(text, "socket", &at)))
		if (has_other_end(find, socket))
			return true;
	return false;
}

static bool names_process(const struct list_find *find,
			  const struct text *text)
{
	static const struct {
		const char *key;
		const char *field;
	} where[] = {
		{ "socket", "own_pid" }, { "request", "aio_pid" },
		{ "setup_task", "pid" }, { "attached_task", "pid" },
		{ "lock_holder", "pid" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(where); i++)
		if (has_process_in(find, text, where[i].key, where[i].field))
			return true;
	return false;
}

static bool has_process(struct list_find *find, const struct text *text)
{
	char *device = value_copy(text_get(text, "device"));
	bool has = names_process(find, text) || is_served_by(find, text) ||
		   (device && has_open(find, device));

	free(device);
	return has;
}

bool list_find_has(struct list_find *find, const struct text *text)
{
	const struct options *options = find->options;

	if (options->peer && !has_peer(text, options->peer))
		return false;
	if (options->volume && !has_volume(text, options->volume))
		return false;
	return (!options->pid && !options->guest) || has_process(find, text);
}
