// SPDX-License-Identifier: GPL-2.0
/*
 * Which cgroup keeps a task frozen. In cgroup2 each has cgroup.freeze, and what is below
 * a frozen one is frozen too; a frozen task sleeps in S, and can be killed. The freezer
 * of version 1 has freezer.self_freezing for that; its tasks are in D, and end only
 * after they were thawed.
 */
#include <argz.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "host/freezer.h"
#include "host/task_file.h"

/**
 * struct hierarchy - where cgroups are mounted, and how a frozen one shows
 * @controller: it begins the line of /proc/PID/cgroup, after the number
 * @root: where it is mounted
 * @shows: 1 in this file: it is frozen itself
 * @file: what thaws it
 * @thaw: what is to be written there
 * @is_deaf: as in struct freezer
 * @tells: this file of the thread's own cgroup tells whether all of it is frozen
 * @done: by having this
 */
static const struct hierarchy {
	const char *controller;
	const char *root;
	const char *shows;
	const char *file;
	const char *thaw;
	bool is_deaf;
	const char *tells;
	const char *done;
} hierarchies[] = {
	{ "", "sys/fs/cgroup", "cgroup.freeze", "cgroup.freeze", "0", false,
	  "cgroup.events", "frozen 1" },
	{ "", "sys/fs/cgroup/unified", "cgroup.freeze", "cgroup.freeze", "0", false,
	  "cgroup.events", "frozen 1" },
	{ "freezer", "sys/fs/cgroup/freezer", "freezer.self_freezing", "freezer.state",
	  "THAWED", true, "freezer.state", "FROZEN" },
};

/* In /proc/PID/cgroup. Return: the path, for free(); NULL if it has none there. */
static char *find_path(const char *lines, const char *controller)
{
	const char *line = lines, *at;
	size_t len = strlen(controller);

	while (line && *line) {
		at = strchr(line, ':');
		if (at && !strncmp(at + 1, controller, len) && at[1 + len] == ':')
			return check_memory(strndup(at + 2 + len,
						    strcspn(at + 2 + len, "\n")));
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

static bool is_frozen(const struct source *source, const struct hierarchy *where,
		      const char *cgroup)
{
	char path[PATH_MAX], *line;
	bool frozen;

	if (snprintf(path, sizeof(path), "%s%s/%s", where->root, cgroup,
		     where->shows) >= (int)sizeof(path))
		return false;
	line = source_line(source, path);
	frozen = line && !strcmp(line, "1");
	free(line);
	return frozen;
}

/* Shortens @cgroup to that which is frozen: itself, or one above it. */
static bool find_frozen(const struct source *source, const struct hierarchy *where,
			char *cgroup)
{
	char *slash;

	while (*cgroup) {
		if (is_frozen(source, where, cgroup))
			return true;
		slash = strrchr(cgroup, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
	return false;
}

static bool is_done(const struct source *source, const struct hierarchy *where,
		    const char *cgroup)
{
	char path[PATH_MAX], *text;
	size_t size;
	bool done;

	if (snprintf(path, sizeof(path), "%s%s/%s", where->root, cgroup,
		     where->tells) >= (int)sizeof(path))
		return false;
	text = source_read(source, path, &size);
	done = text && strstr(text, where->done);
	free(text);
	return done;
}

static void fill(struct freezer *freezer, const struct hierarchy *where,
		 const char *cgroup)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/%s%s/%s", where->root, cgroup, where->file);
	freezer->file = escape_copy(path, strlen(path));
	freezer->thaw = where->thaw;
	freezer->is_deaf = where->is_deaf;
}

/**
 * struct found - the cgroup that keeps a thread frozen
 * @where: NULL if there is none
 * @own: the thread's own one
 * @frozen: itself, or one above it
 * @above: the next one above that which is frozen too, NULL if there is none
 */
struct found {
	const struct hierarchy *where;
	char *own;
	char *frozen;
	char *above;
};

static void free_found(struct found *found)
{
	free(found->own);
	free(found->frozen);
	free(found->above);
}

static void find_above(const struct source *source, struct found *found)
{
	char *slash = strrchr(found->frozen, '/');

	found->above = check_memory(strdup(found->frozen));
	found->above[slash ? slash - found->frozen : 0] = '\0';
	if (find_frozen(source, found->where, found->above))
		return;
	free(found->above);
	found->above = NULL;
}

static bool find(const struct source *source, struct found *found, pid_t tgid,
		 pid_t tid)
{
	const struct hierarchy *where = hierarchies;
	const struct hierarchy *end = where + ARRAY_SIZE(hierarchies);
	size_t size;
	char *lines;

	memset(found, 0, sizeof(*found));
	lines = task_file(source, tgid, tid, "cgroup", &size);
	for (; lines && where < end && !found->where; where++) {
		free(found->own);
		free(found->frozen);
		found->own = find_path(lines, where->controller);
		found->frozen = found->own ? check_memory(strdup(found->own)) : NULL;
		if (found->own && find_frozen(source, where, found->frozen))
			found->where = where;
	}
	if (found->where)
		find_above(source, found);
	free(lines);
	return found->where;
}

bool freezer_find(const struct source *source, struct freezer *freezer,
		  pid_t tgid, pid_t tid)
{
	struct found found;

	memset(freezer, 0, sizeof(*freezer));
	if (find(source, &found, tgid, tid)) {
		freezer->is_done = is_done(source, found.where, found.own);
		freezer->is_nested = found.above;
		fill(freezer, found.where, found.frozen);
	}
	free_found(&found);
	return found.where;
}

static void add_file(char **paths, size_t *len, const struct hierarchy *where,
		     const char *cgroup, const char *file)
{
	char *path = say("%s%s/%s", where->root, cgroup, file);

	if (argz_add(paths, len, path))
		fail(EXIT_SYSTEM, "out of memory");
	free(path);
}

char *freezer_files(const struct source *source, pid_t tgid, pid_t tid,
		    size_t *len)
{
	struct found found;
	char *paths = NULL;

	*len = 0;
	if (find(source, &found, tgid, tid)) {
		add_file(&paths, len, found.where, found.frozen,
			 found.where->shows);
		if (found.above)
			add_file(&paths, len, found.where, found.above,
				 found.where->shows);
		add_file(&paths, len, found.where, found.own,
			 found.where->tells);
	}
	free_found(&found);
	return paths;
}

/* A shell takes it as it is, in quotes. */
static bool is_plain(const char *path)
{
	while (isalnum((unsigned char)*path) || (*path && strchr("/_.:@-", *path)))
		path++;
	return !*path;
}

char *freezer_say_thaw(const struct freezer *freezer)
{
	const char *nested = freezer->is_nested ?
		", and thaw the cgroups above it, as one of them is frozen too" : "";

	return say(is_plain(freezer->file) ? "run 'echo %s >\"%s\"'%s" :
					     "write %s to \"%s\"%s",
		   freezer->thaw, freezer->file, nested);
}

void freezer_free(struct freezer *freezer)
{
	free(freezer->file);
	memset(freezer, 0, sizeof(*freezer));
}
