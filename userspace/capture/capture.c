// SPDX-License-Identifier: GPL-2.0
/* Puts files of the host into a capture, or why they could not be read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"

void capture_missing(struct capture *capture, const char *path, int error)
{
	switch (error) {
	/* Has gone, or is just going: a device, a task, its namespace. */
	case ENOENT:
	case ENODEV:
	case ESRCH:
	case EIO:
	case EINVAL:
		return;
	}
	tarfile_put_link(&capture->tar, path, strerror(error));
}

char *capture_read(struct capture *capture, const char *path, size_t *size)
{
	char *data = source_read(capture->source, path, size);

	if (!data)
		capture_missing(capture, path, errno);
	return data;
}

void capture_file(struct capture *capture, const char *path)
{
	size_t size;
	char *data = capture_read(capture, path, &size);

	if (data)
		tarfile_put_file(&capture->tar, path, data, size);
	free(data);
}
