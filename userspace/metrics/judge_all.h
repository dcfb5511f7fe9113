/* SPDX-License-Identifier: GPL-2.0 */
/* All devices of the host and the verdict on each, as cheaply as that can be had. */
#ifndef NBDDIAG_METRICS_JUDGE_ALL_H
#define NBDDIAG_METRICS_JUDGE_ALL_H

#include <stdbool.h>
#include <stddef.h>

#include "facts/device.h"
#include "facts/text.h"
#include "host/source.h"
#include "verdict/verdict.h"

/**
 * struct judged_device - a device
 * @name: its name
 * @text: its file, or what "devices" says of it
 * @verdict: what check would say
 * @is_unread: its file was needed, and cannot be read
 * @is_mixed: it is served by different volumes
 */
struct judged_device {
	char name[DEVICE_NAME_LEN];
	struct text text;
	struct verdict verdict;
	bool is_unread;
	bool is_mixed;
};

/**
 * struct judged_devices - all of them
 * @device: those that are not free, the worst first, of these in the order of their numbers
 * @nr: how many
 * @nr_free: how many devices are free
 * @lacks: a line of "devices" is missing, or cannot be understood
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
 * @devices: the file "devices". The file of a device is read only if its line cannot tell
 *
 * What is wrong with the file of a device is said, and its verdict is "unknown".
 */
void judge_all(const struct source *source, struct judged_devices *all,
	       const struct text *devices);

void judge_all_free(struct judged_devices *all);

#endif /* NBDDIAG_METRICS_JUDGE_ALL_H */
