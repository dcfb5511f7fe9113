/* SPDX-License-Identifier: GPL-2.0 */
/* A tar archive of what the commands read, for --root. */
#ifndef NBDDIAG_CAPTURE_H
#define NBDDIAG_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/numbers.h"
#include "capture/tarfile.h"
#include "host/origin.h"
#include "host/source.h"

/**
 * struct lines - of a file that is made here
 * @text: they, as of argz_add()
 * @len: how many bytes that is
 */
struct lines {
	char *text;
	size_t len;
};

/**
 * struct capture - a capture under way
 * @source: what is captured
 * @tar: where it goes
 * @origin: of which host and moment it is
 * @threads: threads that the module's files name
 * @processes: those whose threads all matter, as they have AIO contexts
 * @servers: those whose threads all matter, as they serve
 * @over_tcp: of TCP_SERVERS_FILE
 * @over_unix: of UNIX_SERVERS_FILE
 * @named: devices that the module's files name, as of argz_add()
 * @named_len: how many bytes that is
 * @devices: nbd devices and those named, their partitions, and what lies on them
 * @once: mount namespaces that were looked at, and files of cgroups, as of argz_add()
 * @once_len: how many bytes that is
 */
struct capture {
	const struct source *source;
	struct tarfile tar;
	struct origin origin;
	struct numbers threads;
	struct numbers processes;
	struct numbers servers;
	struct lines over_tcp;
	struct lines over_unix;
	char *named;
	size_t named_len;
	struct numbers devices;
	char *once;
	size_t once_len;
};

/**
 * capture_make() - make a capture
 * @source: what is captured
 * @path: a file that is not there yet, or "-" for standard output
 * @deep: aio_scan too
 *
 * Ends the program if the archive cannot be made.
 */
void capture_make(const struct source *source, const char *path, bool deep);

/* ---- what the parts share ---- */

/* A device's number, for the set. */
static inline uint64_t capture_device_number(unsigned int major,
					     unsigned int minor)
{
	return (uint64_t)major << 32 | minor;
}

/**
 * capture_read() - read a file that is to be captured
 * @path: below the root
 * @size: set to its length
 *
 * If it cannot be read, this is as capture_missing().
 *
 * Return: as source_read().
 */
char *capture_read(struct capture *capture, const char *path, size_t *size);

/**
 * capture_file() - capture a file as it is
 * @path: below the root
 */
void capture_file(struct capture *capture, const char *path);

/**
 * capture_missing() - say in the archive that something could not be read
 * @error: why, an errno
 *
 * There is then a symbolic link to nowhere that says why. So it is not taken
 * for something that was not there, unless it has gone meanwhile.
 */
void capture_missing(struct capture *capture, const char *path, int error);

/**
 * capture_module() - capture the module's files, and note whom and what they name
 * @deep: aio_scan too
 */
void capture_module(struct capture *capture, bool deep);

/**
 * capture_block() - capture what sysfs has about devices, and what lies on them
 * @capture: after capture_module()
 */
void capture_block(struct capture *capture);

/**
 * capture_tasks() - capture the threads that matter, and their mounts
 * @capture: after capture_module() and capture_block()
 */
void capture_tasks(struct capture *capture);

#endif /* NBDDIAG_CAPTURE_H */
