// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a capture. It is made to be given away, so it has nothing in it that
 * the commands, or whoever reads them, do not need.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/fail.h"
#include "base/say.h"
#include "capture/capture.h"
#include "host/kernel_log.h"
#include "host/swaps.h"

/* A file's name is nobody's business, unless it is on a device that is captured. */
static bool swap_matters(struct capture *capture, struct mounts *mounts,
			 const char *head, const char *line, size_t len)
{
	struct swaps swaps;
	bool matters;
	char *text;

	if (swap_is_device(line))
		return true;
	text = say("%s\n%.*s", head, (int)len, line);
	swaps_take_apart(capture->source, mounts, &swaps, text, strlen(text));
	matters = swaps.nr && *swaps.swap->on.name &&
		  numbers_has(&capture->devices,
			      capture_device_number(swaps.swap->on.major,
						    swaps.swap->on.minor));
	swaps_free(&swaps);
	free(text);
	return matters;
}

static void capture_swaps(struct capture *capture)
{
	size_t size, kept, len;
	char *data = capture_read(capture, "proc/swaps", &size), *head, *line;
	struct mounts mounts;

	if (!data)
		return;
	mounts_own(capture->source, &mounts);
	head = check_memory(strndup(data, strcspn(data, "\n")));
	kept = strlen(head);
	kept += data[kept] == '\n';
	for (line = data + kept; *line; line += len) {
		len = strcspn(line, "\n");
		len += line[len] == '\n';
		if (!swap_matters(capture, &mounts, head, line, len))
			continue;
		memmove(data + kept, line, len);
		kept += len;
	}
	tarfile_put_file(&capture->tar, "proc/swaps", data, kept);
	mounts_close(&mounts);
	free(head);
	free(data);
}

static void capture_kernel_log(struct capture *capture)
{
	char *log = kernel_log_read(capture->source);

	if (log)
		tarfile_put_file(&capture->tar, KERNEL_LOG_FILE, log,
				 strlen(log));
	else
		capture_missing(capture, KERNEL_LOG_FILE, errno);
	free(log);
}

/* Of which host and moment it is; "arch" is for the commands. */
static void capture_about(struct capture *capture, bool deep)
{
	struct utsname name;
	char *about, *arch;

	uname(&name);
	about = say("version: %s\nhost: %s\nkernel: %s\narch: %s\ntime: %s\ndeep: %s\n",
		    NBDDIAG_VERSION, name.nodename, name.release, name.machine,
		    capture->origin.time, deep ? "yes" : "no");
	tarfile_put_file(&capture->tar, ORIGIN_FILE, about, strlen(about));
	arch = say("%s\n", name.machine);
	tarfile_put_file(&capture->tar, "arch", arch, strlen(arch));
	free(about);
	free(arch);
}

static void capture_all(struct capture *capture, bool deep)
{
	/* First, so that whoever lists it sees what it is. */
	if (capture->source->live)
		capture_about(capture, deep);
	capture_module(capture, deep);
	capture_block(capture);
	capture_tasks(capture);
	capture_swaps(capture);
	capture_file(capture, "proc/uptime");
	capture_file(capture, "proc/sys/fs/aio-nr");
	capture_file(capture, "proc/sys/fs/aio-max-nr");
	/* A capture of a captured tree is of the same host and moment. */
	if (capture->source->live) {
		capture_kernel_log(capture);
	} else {
		capture_file(capture, ORIGIN_FILE);
		capture_file(capture, "arch");
		capture_file(capture, KERNEL_LOG_FILE);
	}
}

/* A capture of a captured tree is of the same host and moment. */
static void read_origin(struct capture *capture, time_t now)
{
	struct origin *origin = &capture->origin;
	struct utsname name;

	if (!capture->source->live) {
		origin_read(capture->source, origin);
		return;
	}
	uname(&name);
	snprintf(origin->host, sizeof(origin->host), "%s", name.nodename);
	strftime(origin->time, sizeof(origin->time), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime(&now));
}

/* Return: "nbddiag-HOST-TIME", with nothing in it that is odd in a name. */
static char *top_of(const struct origin *origin)
{
	char *top = say("nbddiag-%s-%s", *origin->host ? origin->host : "host",
			*origin->time ? origin->time : "time"), *at;

	for (at = top; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr(".-_", *at))
			*at = '_';
	return top;
}

void capture_make(const struct source *source, const char *path, bool deep)
{
	struct capture capture = { .source = source };
	time_t now = time(NULL);

	read_origin(&capture, now);
	tarfile_begin(&capture.tar, path, top_of(&capture.origin), now);
	capture_all(&capture, deep);
	tarfile_end(&capture.tar);
	numbers_free(&capture.threads);
	numbers_free(&capture.processes);
	numbers_free(&capture.servers);
	numbers_free(&capture.devices);
	free(capture.named);
	free(capture.once);
}
