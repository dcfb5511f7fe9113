/* SPDX-License-Identifier: GPL-2.0 */
/* All devices of the host and the verdict on each, as cheaply as that can be had. */
#ifndef NBDDIAG_METRICS_JUDGE_ALL_H
#define NBDDIAG_METRICS_JUDGE_ALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "facts/device.h"
#include "facts/text.h"
#include "host/source.h"
#include "verdict/verdict.h"

/**
 * struct judged_device - a device
 * @name: its name
 * @text: its file, or what "devices" says of it
 * @verdict: what check would say
 * @unread: its file was needed and cannot be read: why; NULL otherwise
 * @is_mixed: it is served by different volumes
 */
struct judged_device {
	char name[DEVICE_NAME_LEN];
	struct text text;
	struct verdict verdict;
	char *unread;
	bool is_mixed;
};

/**
 * struct judged_devices - all of them
 * @device: those that are not free, the worst first, of these in the order of their numbers
 * @nr: how many
 * @nr_free: how many devices are free
 * @lacks: "devices" or a line of it is missing, or cannot be understood
 */
struct judged_devices {
	struct judged_device *device;
	size_t nr;
	size_t nr_free;
	bool lacks;
};

/**
 * judge_all() - judge all devices
 * @all: filled, for judge_all_free()
 * @status: why "devices" is not read. With EXIT_DATA it is there: the file of each
 *	device was read in its place. Else @all is empty
 *
 * The file of a device is read if its line cannot tell, or is missing. If it cannot be
 * read, its verdict is "unknown", and @unread is for the caller to say.
 *
 * Return: NULL if "devices" was read; otherwise a message for free().
 */
char *judge_all(const struct source *source, struct judged_devices *all,
		enum exit_status *status);

/* Says this of "devices" where it is there and not read. Takes @message. */
void judge_all_complain(char *message);

void judge_all_free(struct judged_devices *all);

#endif /* NBDDIAG_METRICS_JUDGE_ALL_H */
