// SPDX-License-Identifier: GPL-2.0
/* Metrics of devices: how many of each verdict, and each that is not free. */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "metrics/family.h"
#include "metrics/judge_all.h"
#include "metrics/metrics.h"

/* So many devices have metrics of their own, the worst first. */
#define SHOWN 512

/**
 * struct device_number - a metric of a device that is a number of its file
 * @name: of the metric; the same in rows that follow each other
 * @help: what it is
 * @key: key of the line
 * @field: field of it, NULL for all of it
 * @state: value of a label "state", NULL without that
 * @is_ns: it is in nanoseconds
 */
struct device_number {
	const char *name;
	const char *help;
	const char *key;
	const char *field;
	const char *state;
	bool is_ns;
};

static const struct device_number numbers[] = {
	{ "device_size_bytes", "Capacity of the device",
	  "capacity_bytes", NULL, NULL, false },
	{ "device_openers", "How often the device is open",
	  "openers", NULL, NULL, false },
	{ "device_inflight_requests", "Requests that the device has not answered",
	  "requests", "inflight", NULL, false },
	{ "device_oldest_request_age_seconds", "Age of the oldest of these, if there is any",
	  "requests", "oldest_age_ns", NULL, true },
	{ "device_sockets", "Sockets of the device, and whether nbd has given them up",
	  "sockets", "live", "live", false },
	{ "device_sockets", NULL, "sockets", "dead", "dead", false },
};

static void print_number(struct family *family, const struct device_number *row,
			 const struct judged_device *device)
{
	struct value value = row->field ?
		text_key_field(&device->text, row->key, row->field) :
		text_get(&device->text, row->key);
	const char * const *labels = row->state ?
		LABELS("device", device->name, "state", row->state) :
		LABELS("device", device->name);
	uint64_t number;

	/* What is not known, or is not there, has no sample. */
	if (!value_number(value, &number))
		return;
	if (row->is_ns)
		family_seconds(family, labels, number);
	else
		family_number(family, labels, number);
}

static void print_numbers(FILE *out, const struct judged_device *device, size_t nr)
{
	struct family family = {};
	size_t row, i;

	for (row = 0; row < ARRAY_SIZE(numbers); row++) {
		/* All samples of a name are of one family. */
		if (numbers[row].help)
			family = (struct family){
				out, numbers[row].name, numbers[row].help, false,
			};
		for (i = 0; i < nr; i++)
			print_number(&family, &numbers[row], &device[i]);
	}
}

static void print_verdicts(FILE *out, const struct judged_device *device, size_t nr)
{
	struct family verdict = {
		out, "device_verdict", "1, of the verdict that check gives on the device", false,
	};
	struct family mixed = {
		out, "device_mixed_volumes",
		"Whether the device is served by different volumes, judging by their names", false,
	};
	size_t i;

	for (i = 0; i < nr; i++)
		family_number(&verdict, LABELS("device", device[i].name, "verdict",
					       device[i].verdict.word), 1);
	for (i = 0; i < nr; i++)
		if (!device[i].unread)
			family_number(&mixed, LABELS("device", device[i].name),
				      device[i].is_mixed);
}

/* "yes" or "no"; what is neither has no sample. */
static void print_words(FILE *out, const struct judged_device *device, size_t nr)
{
	struct family attachable = {
		out, "device_attachable", "Whether the kernel would accept an attach", false,
	};
	struct family lock = {
		out, "device_lock_held", "Whether somebody had nbd's lock when the device was read",
		false,
	};
	struct value value;
	size_t i;

	for (i = 0; i < nr; i++) {
		value = text_get(&device[i].text, "attachable");
		if (value_is(value, "yes") || value_is(value, "no"))
			family_number(&attachable, LABELS("device", device[i].name),
				      value_is(value, "yes"));
	}
	for (i = 0; i < nr; i++) {
		value = text_get(&device[i].text, "consistent");
		if (value_is(value, "yes") || value_is(value, "no"))
			family_number(&lock, LABELS("device", device[i].name),
				      value_is(value, "no"));
	}
}

static void print_sums(FILE *out, const struct judged_devices *all)
{
	static const char * const words[] = { "in-use", "wedged", "orphaned", "unknown" };
	struct family devices = { out, "devices", "Devices of each verdict", false };
	size_t i, word, nr;

	family_number(&devices, LABELS("verdict", "free"), all->nr_free);
	for (word = 0; word < ARRAY_SIZE(words); word++) {
		nr = 0;
		for (i = 0; i < all->nr; i++)
			nr += !strcmp(all->device[i].verdict.word, words[word]);
		family_number(&devices, LABELS("verdict", words[word]), nr);
	}
}

void metrics_print_devices(FILE *out, const struct judged_devices *all)
{
	size_t i, shown = all->nr < SHOWN ? all->nr : SHOWN;

	for (i = 0; i < all->nr; i++)
		if (all->device[i].unread)
			complain("%s", all->device[i].unread);
	print_sums(out, all);
	family_alone(out, "devices_left_out",
		     "Devices that are not free and have no metrics of their own, as there are too many",
		     all->nr - shown);
	print_verdicts(out, all->device, shown);
	print_words(out, all->device, shown);
	print_numbers(out, all->device, shown);
}
