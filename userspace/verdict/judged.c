// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and judges a device. nbd's lock is held for a moment by any ioctl, and
 * by a stuck one for ever: only looking again tells. The same for what changes
 * while it is read.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "facts/device.h"
#include "facts/text.h"
#include "verdict/judge.h"
#include "verdict/judged.h"

#define PAUSE_NS 100000000L

/**
 * struct again - a device that is read again
 * @judged: what is known of it
 * @device: its name
 * @first: what it was at first, once it is read again
 */
struct again {
	struct judged *judged;
	const char *device;
	struct text first;
};

/* @before: as of judge_device() */
static void read_it(const struct source *source, struct judged *judged,
		    const char *device, const struct text *before)
{
	memset(judged, 0, sizeof(*judged));
	judged->message = device_read_or_say(source, &judged->text, device, &judged->status);
	if (!judged->message)
		judge_device(&judged->verdict, &judged->text, before, device);
}

static void read_again(const struct source *source, struct again *again, bool last)
{
	struct judged *judged = again->judged;

	verdict_free(&judged->verdict);
	if (again->first.buffer)
		text_free(&judged->text);
	else
		again->first = judged->text;
	read_it(source, judged, again->device, last ? &again->first : NULL);
}

static bool has_fleeting(const struct again *all, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (all[i].judged->verdict.fleeting)
			return true;
	return false;
}

/* All of them at the same time, so that many take no longer than one. */
static void read_until_settled(const struct source *source, struct again *all, size_t nr)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	double begun = clock_seconds();
	bool last = !source->live;
	size_t i;

	while (!last && has_fleeting(all, nr)) {
		nanosleep(&pause, NULL);
		last = clock_seconds() - begun >= JUDGE_LOCK_S;
		for (i = 0; i < nr; i++)
			if (all[i].judged->verdict.fleeting)
				read_again(source, &all[i], last);
	}
	for (i = 0; i < nr; i++)
		text_free(&all[i].first);
}

/* Return: false if the device has gone; then there is nothing to free. */
static bool settle(const struct source *source, struct judged *judged,
		   const char *device)
{
	struct again again = { .judged = judged, .device = device };

	judge_device(&judged->verdict, &judged->text, NULL, device);
	read_until_settled(source, &again, 1);
	if (!judged->message)
		return true;
	if (judged->status != EXIT_NO_SUCH)
		fail(judged->status, "%s", judged->message);
	judged_free(judged);
	return false;
}

void judged_read(const struct source *source, struct judged *judged,
		 const char *device)
{
	do {
		memset(judged, 0, sizeof(*judged));
		device_read(source, &judged->text, device);
	} while (!settle(source, judged, device));
}

bool judged_read_again(const struct source *source, struct judged *judged,
		       const char *device)
{
	memset(judged, 0, sizeof(*judged));
	return device_try_read(source, &judged->text, device) &&
	       settle(source, judged, device);
}

char *judged_read_or_say(const struct source *source, struct judged *judged,
			 const char *device, enum exit_status *status)
{
	struct again again = { .judged = judged, .device = device };
	char *message;

	read_it(source, judged, device, NULL);
	read_until_settled(source, &again, 1);
	message = judged->message;
	judged->message = NULL;
	*status = judged->status;
	if (!message || *status != EXIT_NO_SUCH)
		return message;
	free(message);
	return device_says_missing(source, device, status);
}

struct judged *judged_read_all(const struct source *source,
			       const char * const *devices, size_t nr)
{
	struct judged *all = check_memory(calloc(nr + 1, sizeof(*all)));
	struct again *again = check_memory(calloc(nr + 1, sizeof(*again)));
	size_t i, nr_again = 0;

	for (i = 0; i < nr; i++) {
		read_it(source, &all[i], devices[i], NULL);
		if (all[i].verdict.fleeting && all[i].verdict.status != VERDICT_STUCK)
			again[nr_again++] = (struct again){
				.judged = &all[i], .device = devices[i],
			};
	}
	read_until_settled(source, again, nr_again);
	free(again);
	return all;
}

void judged_free(struct judged *judged)
{
	verdict_free(&judged->verdict);
	text_free(&judged->text);
	free(judged->message);
	memset(judged, 0, sizeof(*judged));
}
