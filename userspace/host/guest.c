// SPDX-License-Identifier: GPL-2.0
/* Which virtual machine a process is: its cgroup says it, or its command line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "host/guest.h"
#include "host/task_file.h"

/* ---- by the cgroup ---- */

static int hex_digit(char digit)
{
	if (isdigit((unsigned char)digit))
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* systemd writes \x2d for a hyphen. Return: the length. */
static size_t unescape(char *text, size_t len)
{
	size_t from, to = 0;

	for (from = 0; from < len; from++, to++) {
		text[to] = text[from];
		if (len - from < 4 || text[from] != '\\' ||
		    text[from + 1] != 'x' || hex_digit(text[from + 2]) < 0 ||
		    hex_digit(text[from + 3]) < 0)
			continue;
		text[to] = hex_digit(text[from + 2]) * 16 +
			   hex_digit(text[from + 3]);
		from += 3;
	}
	return to;
}

/* "machine-qemu\x2d7\x2dNAME.scope", with the number of the start before the name. */
static char *name_of_scope(char *cgroup)
{
	char *at = strstr(cgroup, "/machine-qemu"), *end;
	size_t len;

	end = at ? strstr(at, ".scope") : NULL;
	if (!end)
		return NULL;
	at += strlen("/machine-");
	len = unescape(at, end - at);
	end = at + len;
	*end = '\0';
	if (strncmp(at, "qemu-", 5))
		return NULL;
	at += 5;
	at += strspn(at, "0123456789");
	return *at == '-' && at[1] ? escape_copy(at + 1, end - at - 1) : NULL;
}

static char *by_cgroup(const struct source *source, pid_t tgid)
{
	char *cgroup, *name;
	size_t size;

	cgroup = task_file(source, tgid, tgid, "cgroup", &size);
	name = cgroup ? name_of_scope(cgroup) : NULL;
	free(cgroup);
	return name;
}

/* ---- by the command line ---- */

/* Of "guest=NAME,debug-threads=on" or "NAME,...", where ",," is a comma. */
static char *name_of_option(const char *option)
{
	const char *at = strstr(option, "guest=");
	char *name, *to;

	if (!at || (at != option && at[-1] != ','))
		at = option;
	else
		at += strlen("guest=");
	name = check_memory(strdup(at));
	for (to = name; *at && (*at != ',' || at[1] == ','); at++) {
		if (*at == ',')
			at++;
		*to++ = *at;
	}
	at = escape_copy(name, to - name);
	free(name);
	return (char *)at;
}

static bool is_qemu(const char *program)
{
	const char *slash = strrchr(program, '/');

	program = slash ? slash + 1 : program;
	return !strncmp(program, "qemu", 4) || !strncmp(program, "kvm", 3);
}

static char *by_command_line(const struct source *source, pid_t tgid)
{
	char *line, *at, *name = NULL;
	bool is_name = false;
	size_t size;

	line = task_file(source, tgid, tgid, "cmdline", &size);
	if (line && is_qemu(line)) {
		for (at = line; at < line + size && !name;
		     at += strlen(at) + 1) {
			if (is_name)
				name = name_of_option(at);
			is_name = !strcmp(at, "-name") || !strcmp(at, "--name");
		}
	}
	free(line);
	return name;
}

/* It was escaped when it was captured; others may have made the file. */
static char *by_capture(const struct source *source, pid_t tgid)
{
	char path[TASK_PATH_LEN], *line, *name = NULL;
	size_t size;
	FILE *out;

	snprintf(path, sizeof(path), "proc/%d/guest", (int)tgid);
	line = source->live ? NULL : source_line(source, path);
	if (line && *line) {
		out = check_memory(open_memstream(&name, &size));
		escape_print(out, line);
		if (fclose(out))
			fail(EXIT_SYSTEM, "out of memory");
	}
	free(line);
	return name;
}

char *guest_name(const struct source *source, pid_t tgid)
{
	char *name = by_capture(source, tgid);

	if (!name)
		name = by_cgroup(source, tgid);
	if (!name)
		name = by_command_line(source, tgid);
	return name;
}
