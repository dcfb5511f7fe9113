// SPDX-License-Identifier: GPL-2.0
/*
 * The network namespaces of this host, by a process in each. The kernel has no
 * list of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "host/net_spaces.h"
#include "host/task_file.h"

/* A host with more containers than that is not looked at to the end. */
#define SPACES_MAX 1024

/* Return: its number, 0 if that is not known. */
static unsigned long space_of(const char *link)
{
	unsigned long space;

	return link && sscanf(link, "net:[%lu]", &space) == 1 ? space : 0;
}

static unsigned long own_space(const struct source *source)
{
	char *link = source_link(source, "proc/self/ns/net");
	unsigned long space = space_of(link);

	free(link);
	return space;
}

static unsigned long space_of_process(const struct source *source, pid_t tgid)
{
	char *link = task_link(source, tgid, tgid, "ns/net");
	unsigned long space = space_of(link);

	free(link);
	return space;
}

static bool is_known(const unsigned long *space, size_t nr, unsigned long want)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (space[i] == want)
			return true;
	return false;
}

pid_t *net_spaces_find(const struct source *source, size_t *nr, bool *more)
{
	unsigned long space[SPACES_MAX + 1], of_process;
	char **names = source_names(source, "proc", ""), **name;
	pid_t *tgid = check_memory(calloc(SPACES_MAX, sizeof(*tgid)));
	size_t known = 1;
	pid_t process;

	space[0] = own_space(source);
	*more = false;
	for (name = names; name && *name; name++) {
		process = (pid_t)strtol(*name, NULL, 10);
		of_process = space_of_process(source, process);
		if (!of_process || is_known(space, known, of_process))
			continue;
		if (known > SPACES_MAX) {
			*more = true;
			break;
		}
		tgid[known - 1] = process;
		space[known++] = of_process;
	}
	source_free_names(names);
	*nr = known - 1;
	return tgid;
}
