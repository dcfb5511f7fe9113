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

/* Return: false if the device has gone; then there is nothing to free. */
static bool read_until_settled(const struct source *source, struct judged *judged,
			       const char *device)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct text first = judged->text;
	double begun = clock_seconds();
	bool last = !source->live, there = true;

	judge_device(&judged->verdict, &first, NULL, device);
	while (judged->verdict.fleeting && !last && there) {
		nanosleep(&pause, NULL);
		last = clock_seconds() - begun >= JUDGE_LOCK_S;
		verdict_free(&judged->verdict);
		if (judged->text.buffer != first.buffer)
			text_free(&judged->text);
		there = device_try_read(source, &judged->text, device);
		if (there)
			judge_device(&judged->verdict, &judged->text,
				     last ? &first : NULL, device);
		else
			memset(judged, 0, sizeof(*judged));
	}
	if (judged->text.buffer != first.buffer)
		text_free(&first);
	return there;
}

void judged_read(const struct source *source, struct judged *judged,
		 const char *device)
{
	do {
		memset(judged, 0, sizeof(*judged));
		device_read(source, &judged->text, device);
	} while (!read_until_settled(source, judged, device));
}

char *judged_read_or_say(const struct source *source, struct judged *judged,
			 const char *device, enum exit_status *status)
{
	char *message;

	do {
		memset(judged, 0, sizeof(*judged));
		message = device_read_or_say(source, &judged->text, device,
					     status);
		if (!message)
			continue;
		if (*status != EXIT_NO_SUCH)
			return message;
		free(message);
		return device_says_missing(source, device, status);
	} while (!read_until_settled(source, judged, device));
	return NULL;
}

bool judged_read_again(const struct source *source, struct judged *judged,
		       const char *device)
{
	memset(judged, 0, sizeof(*judged));
	return device_try_read(source, &judged->text, device) &&
	       read_until_settled(source, judged, device);
}

static bool may_read_again(const struct source *source,
			   const struct verdict *verdict, double *again_s)
{
	if (!verdict->fleeting || verdict->status == VERDICT_STUCK ||
	    !source->live)
		return false;
	if (!*again_s)
		*again_s = clock_seconds();
	return clock_seconds() - *again_s < JUDGED_AGAIN_S;
}

char *judged_read_of_many(const struct source *source, struct judged *judged,
			  const char *device, double *again_s,
			  enum exit_status *status)
{
	char *message;

	memset(judged, 0, sizeof(*judged));
	message = device_read_or_say(source, &judged->text, device, status);
	if (message)
		return message;
	judge_device(&judged->verdict, &judged->text, NULL, device);
	if (!may_read_again(source, &judged->verdict, again_s))
		return NULL;
	judged_free(judged);
	return judged_read_or_say(source, judged, device, status);
}

void judged_free(struct judged *judged)
{
	verdict_free(&judged->verdict);
	text_free(&judged->text);
}
