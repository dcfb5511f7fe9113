// SPDX-License-Identifier: GPL-2.0
/* Takes mountinfo and swaps of /proc apart, by libmount. */
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/fail.h"
#include "host/apart.h"
#include "host/mounts.h"

void mounts_open(struct mounts *mounts, const char *data, size_t size)
{
	FILE *file;

	memset(mounts, 0, sizeof(*mounts));
	if (!size)
		return;
	/* It is only read. */
	file = check_memory(fmemopen((void *)data, size, "r"));
	mounts->table = check_memory(mnt_new_table());
	mounts->iter = check_memory(mnt_new_iter(MNT_ITER_FORWARD));
	/* Lines that it does not understand are left out. */
	mnt_table_parse_stream(mounts->table, file, "/proc");
	fclose(file);
}

void mounts_own(const struct source *source, struct mounts *mounts)
{
	size_t size = 0;
	char *data = apart_read(source, "proc/self/mountinfo", &size);

	if (!data)
		data = apart_read(source, "proc/1/task/1/mountinfo", &size);
	mounts_open(mounts, data, data ? size : 0);
	free(data);
}

void mounts_rewind(struct mounts *mounts)
{
	if (mounts->iter)
		mnt_reset_iter(mounts->iter, MNT_ITER_FORWARD);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

bool mounts_next(struct mounts *mounts, struct mount *mount)
{
	struct libmnt_fs *fs;
	dev_t dev;

	if (!mounts->table ||
	    mnt_table_next_fs(mounts->table, mounts->iter, &fs))
		return false;
	dev = mnt_fs_get_devno(fs);
	mount->major = major(dev);
	mount->minor = minor(dev);
	mount->point = or_empty(mnt_fs_get_target(fs));
	mount->type = or_empty(mnt_fs_get_fstype(fs));
	mount->source = or_empty(mnt_fs_get_source(fs));
	return true;
}

void mounts_close(struct mounts *mounts)
{
	mnt_free_iter(mounts->iter);
	mnt_unref_table(mounts->table);
	memset(mounts, 0, sizeof(*mounts));
}
