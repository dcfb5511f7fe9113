// SPDX-License-Identifier: GPL-2.0
/*
 * Finds block devices in sysfs. What is read here takes no lock that I/O could
 * hold: numbers, directories, and the device mapper's name of a device.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "host/disks.h"
#include "host/mounts.h"

/* ---- by name ---- */

static bool read_number(const struct source *source, const char *path,
			struct disk *disk)
{
	char *line = source_line(source, path);
	bool known;

	known = line && sscanf(line, "%u:%u", &disk->major, &disk->minor) == 2;
	free(line);
	return known;
}

static bool is_disk(const struct source *source, const char *name,
		    struct disk *disk)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/block/%s/dev", name);
	if (!read_number(source, path, disk))
		return false;
	snprintf(disk->name, sizeof(disk->name), "%s", name);
	memcpy(disk->whole, disk->name, sizeof(disk->whole));
	return true;
}

static bool is_partition(const struct source *source, const char *name,
			 size_t len, struct disk *disk)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/block/%.*s/%s/dev", (int)len, name,
		 name);
	if (!len || !read_number(source, path, disk))
		return false;
	snprintf(disk->name, sizeof(disk->name), "%s", name);
	snprintf(disk->whole, sizeof(disk->whole), "%.*s", (int)len, name);
	return true;
}

bool disk_named(const struct source *source, const char *name,
		struct disk *disk)
{
	size_t len = strlen(name);

	if (!disk_is_name(name))
		return false;
	if (is_disk(source, name, disk))
		return true;
	while (len && isdigit((unsigned char)name[len - 1]))
		len--;
	if (!name[len])
		return false;
	/* "sda1" is of sda, "nbd0p1" of nbd0. */
	return is_partition(source, name, len, disk) ||
	       (len > 1 && name[len - 1] == 'p' &&
		is_partition(source, name, len - 1, disk));
}

char *disk_map_name(const struct source *source, const char *name)
{
	char path[PATH_MAX], *line, *escaped = NULL;

	snprintf(path, sizeof(path), "sys/block/%s/dm/name", name);
	line = disk_is_name(name) ? source_line(source, path) : NULL;
	if (line && *line)
		escaped = escape_copy(line, strlen(line));
	free(line);
	return escaped;
}

char *disk_full_name(const struct source *source, const char *name)
{
	char *map = disk_map_name(source, name);
	char *safe = escape_copy(name, strlen(name)), *text;

	text = map ? say("%s (%s)", safe, map) : say("%s", safe);
	free(map);
	free(safe);
	return text;
}

char *disk_short_name(const struct source *source, const char *name)
{
	char *map = disk_map_name(source, name), *text;

	text = map ? say("%s(%s)", name, map) : say("%s", name);
	free(map);
	return text;
}

/* By the name that the device mapper has for it. */
static bool is_called(const struct source *source, const char *called,
		      struct disk *disk)
{
	char **names = source_names(source, "sys/block", "dm-"), **name;
	char path[PATH_MAX], *line;
	bool found = false;

	for (name = names; name && *name && !found; name++) {
		snprintf(path, sizeof(path), "sys/block/%s/dm/name", *name);
		line = source_line(source, path);
		found = line && !strcmp(line, called) &&
			disk_named(source, *name, disk);
		free(line);
	}
	source_free_names(names);
	return found;
}

/* ---- by number ---- */

/* The host has a link for each number; a captured tree has none. */
static bool is_linked(const struct source *source, unsigned int major,
		      unsigned int minor, struct disk *disk)
{
	char path[64], *link, *name;
	bool found;

	snprintf(path, sizeof(path), "sys/dev/block/%u:%u", major, minor);
	link = source_link(source, path);
	name = link ? strrchr(link, '/') : NULL;
	found = name && disk_named(source, name + 1, disk);
	free(link);
	return found;
}

static bool is_numbered(const struct disk *disk, unsigned int major,
			unsigned int minor)
{
	return disk->major == major && disk->minor == minor;
}

static bool has_partition(const struct source *source, unsigned int major,
			  unsigned int minor, struct disk *disk)
{
	char **names = disk_partitions(source, disk), **name;
	bool found = false;

	for (name = names; name && *name && !found; name++)
		found = disk_named(source, *name, disk) &&
			is_numbered(disk, major, minor);
	source_free_names(names);
	return found;
}

bool disk_numbered(const struct source *source, unsigned int major,
		   unsigned int minor, struct disk *disk)
{
	char **names, **name;
	bool found;

	if (is_linked(source, major, minor, disk))
		return is_numbered(disk, major, minor);
	if (source->live)
		return false;
	found = false;
	names = source_names(source, "sys/block", NULL);
	for (name = names; name && *name && !found; name++)
		found = disk_named(source, *name, disk) &&
			(is_numbered(disk, major, minor) ||
			 has_partition(source, major, minor, disk));
	source_free_names(names);
	return found;
}

/* ---- by path ---- */

/* Of a path below /dev. */
static bool is_node(const struct source *source, const char *path,
		    struct disk *disk)
{
	char name[DISK_NAME_LEN], *slash;

	if (!strncmp(path, "mapper/", 7))
		return is_called(source, path + 7, disk);
	if (snprintf(name, sizeof(name), "%s", path) >= (int)sizeof(name))
		return false;
	/* "cciss/c0d0" is "cciss!c0d0" in sysfs. */
	while ((slash = strchr(name, '/')))
		*slash = '!';
	return disk_named(source, name, disk);
}

/* Some filesystems have a number of their own and name the device only. */
bool disk_mounted_from(const struct source *source, const struct mount *mount,
		       struct disk *disk)
{
	if (mount->major)
		return disk_numbered(source, mount->major, mount->minor, disk);
	return (!strcmp(mount->type, "btrfs") ||
		!strcmp(mount->type, "bcachefs")) &&
	       !strncmp(mount->source, "/dev/", 5) &&
	       is_node(source, mount->source + 5, disk);
}

/* Return: how much of a path the mount point is, 0 if it is not on it. */
static size_t matches(const char *point, const char *path, bool whole)
{
	size_t len = strlen(point);

	if (len > 1 && point[len - 1] == '/')
		len--;
	if (!len || strncmp(path, point, len))
		return 0;
	if (!path[len] || (!whole && (path[len] == '/' || len == 1)))
		return len;
	return 0;
}

/*
 * As the kernel names mount points: "//a/./b/" is "/a/b". What ".." leads to is not
 * known without a look.
 * @plain: PATH_MAX bytes
 */
static bool plain_path(char *plain, const char *path)
{
	size_t len = 0, part;

	for (; *path; path += part) {
		path += strspn(path, "/");
		part = strcspn(path, "/");
		if (!part || (part == 1 && *path == '.'))
			continue;
		if (len + part + 1 >= PATH_MAX)
			return false;
		plain[len++] = '/';
		memcpy(plain + len, path, part);
		len += part;
	}
	if (!len)
		plain[len++] = '/';
	plain[len] = '\0';
	return true;
}

/* Of several mounts on one point the last is what is seen. */
static bool is_on_mount(const struct source *source, struct mounts *mounts,
			const char *path, bool whole, struct disk *disk)
{
	struct mount mount, best = {};
	size_t len, longest = 0;
	char plain[PATH_MAX];

	if (*path != '/' || !plain_path(plain, path))
		return false;
	mounts_rewind(mounts);
	while (mounts_next(mounts, &mount)) {
		len = matches(mount.point, plain, whole);
		if (len && len >= longest) {
			best = mount;
			longest = len;
		}
	}
	return longest && disk_mounted_from(source, &best, disk);
}

bool disk_of_path(const struct source *source, struct mounts *mounts,
		  const char *path, struct disk *disk)
{
	if (!strncmp(path, "/dev/", 5))
		return is_node(source, path + 5, disk);
	return is_on_mount(source, mounts, path, false, disk);
}

bool disk_mounted_at(const struct source *source, struct mounts *mounts,
		     const char *path, struct disk *disk)
{
	return is_on_mount(source, mounts, path, true, disk);
}

static bool is_mount_point(const struct source *source, const char *path,
			   struct disk *disk)
{
	struct mounts mounts;
	bool found;

	mounts_own(source, &mounts);
	found = is_on_mount(source, &mounts, path, true, disk);
	mounts_close(&mounts);
	return found;
}

bool disk_asked_for(const struct source *source, const char *text,
		    struct disk *disk)
{
	if (!strncmp(text, "/dev/", 5) && is_node(source, text + 5, disk))
		return true;
	if (*text == '/')
		return is_mount_point(source, text, disk);
	return disk_named(source, text, disk) || is_called(source, text, disk);
}

/* ---- what sysfs has about one ---- */

char *disk_path(char *path, const struct disk *disk, const char *what)
{
	if (strcmp(disk->name, disk->whole))
		snprintf(path, PATH_MAX, "sys/block/%s/%s/%s", disk->whole,
			 disk->name, what);
	else
		snprintf(path, PATH_MAX, "sys/block/%s/%s", disk->name, what);
	return path;
}

char **disk_names(const struct source *source, const struct disk *disk,
		  const char *what)
{
	char path[PATH_MAX];

	return source_names(source, disk_path(path, disk, what), NULL);
}

/* A disk whose name ends in a digit has a p before the partition's number. */
char **disk_partitions(const struct source *source, const struct disk *disk)
{
	char path[PATH_MAX], prefix[DISK_NAME_LEN + 1];
	size_t len = strlen(disk->name);

	if (strcmp(disk->name, disk->whole))
		return NULL;
	snprintf(path, sizeof(path), "sys/block/%s", disk->name);
	snprintf(prefix, sizeof(prefix), "%s%s", disk->name,
		 isdigit((unsigned char)disk->name[len - 1]) ? "p" : "");
	return source_names(source, path, prefix);
}
