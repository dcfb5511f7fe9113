// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a capture. It is made to be given away, so it has nothing in it that
 * the commands do not need.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "capture/capture.h"

#define ABOUT "nbddiag-capture"

/* Swap on devices only: a file's name is nobody's business. */
static void capture_swaps(struct capture *capture)
{
	size_t size, kept = 0, len;
	char *data = capture_read(capture, "proc/swaps", &size), *line;

	if (!data)
		return;
	for (line = data; *line; line += len) {
		len = strcspn(line, "\n");
		len += line[len] == '\n';
		if (line != data && strncmp(line, "/dev/", 5))
			continue;
		memmove(data + kept, line, len);
		kept += len;
	}
	tarfile_put_file(&capture->tar, "proc/swaps", data, kept);
	free(data);
}

/* Of which host and moment it is, for people; "arch" is for the commands. */
static void capture_about(struct capture *capture, bool deep)
{
	char about[sizeof(struct utsname)], when[32];
	struct utsname name;
	int len;

	uname(&name);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime(&capture->tar.time));
	len = snprintf(about, sizeof(about),
		       "version: %s\nkernel: %s\narch: %s\ntime: %s\ndeep: %s\n",
		       NBDDIAG_VERSION, name.release, name.machine, when,
		       deep ? "yes" : "no");
	tarfile_put_file(&capture->tar, ABOUT, about, len);
	len = snprintf(about, sizeof(about), "%s\n", name.machine);
	tarfile_put_file(&capture->tar, "arch", about, len);
}

static void capture_all(struct capture *capture, bool deep)
{
	capture_module(capture, deep);
	capture_block(capture);
	capture_tasks(capture);
	capture_swaps(capture);
	capture_file(capture, "proc/uptime");
	capture_file(capture, "proc/sys/fs/aio-nr");
	capture_file(capture, "proc/sys/fs/aio-max-nr");
	/* A capture of a captured tree is of the same host and moment. */
	if (capture->source->live) {
		capture_about(capture, deep);
	} else {
		capture_file(capture, ABOUT);
		capture_file(capture, "arch");
	}
}

void capture_make(const struct source *source, const char *path, bool deep)
{
	struct capture capture = { .source = source };

	tarfile_begin(&capture.tar, path, time(NULL));
	capture_all(&capture, deep);
	tarfile_end(&capture.tar);
	numbers_free(&capture.threads);
	numbers_free(&capture.processes);
	numbers_free(&capture.devices);
	free(capture.named);
	free(capture.namespaces);
}
