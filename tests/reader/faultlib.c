// SPDX-License-Identifier: GPL-2.0
/*
 * For LD_PRELOAD: a directory can be read up to the name in FAULT_READDIR only;
 * then there is an error.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct dirent *readdir(DIR *dir)
{
	struct dirent *(*next)(DIR *dir) =
		(struct dirent *(*)(DIR *dir))dlsym(RTLD_NEXT, "readdir");
	const char *name = getenv("FAULT_READDIR");
	struct dirent *entry = next(dir);

	if (!entry || !name || strcmp(entry->d_name, name))
		return entry;
	errno = EIO;
	return NULL;
}
