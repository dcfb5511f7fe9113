// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and judges a device. nbd's lock is held for a moment by any ioctl, and
 * by a stuck one for ever: only looking again tells. The same for what changes
 * while it is read.
 */
#include <string.h>
#include <time.h>

#include "facts/device.h"
#include "facts/text.h"
#include "verdict/judge.h"
#include "verdict/look.h"

#define PAUSE_NS 100000000L

double look_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Return: false if the device has gone; then there is nothing to free. */
static bool settle(const struct source *source, struct look *look,
		   const char *device)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct text first = look->text;
	double begun = look_seconds();
	bool last = !source->live, there = true;

	judge_device(&look->verdict, &first, NULL, device);
	while (look->verdict.fleeting && !last && there) {
		nanosleep(&pause, NULL);
		last = look_seconds() - begun >= JUDGE_LOCK_S;
		verdict_free(&look->verdict);
		if (look->text.buffer != first.buffer)
			text_free(&look->text);
		there = device_try_read(source, &look->text, device);
		if (there)
			judge_device(&look->verdict, &look->text,
				     last ? &first : NULL, device);
		else
			memset(look, 0, sizeof(*look));
	}
	if (look->text.buffer != first.buffer)
		text_free(&first);
	return there;
}

void look_at(const struct source *source, struct look *look,
	     const char *device)
{
	do {
		memset(look, 0, sizeof(*look));
		device_read(source, &look->text, device);
	} while (!settle(source, look, device));
}

bool look_again(const struct source *source, struct look *look,
		const char *device)
{
	memset(look, 0, sizeof(*look));
	return device_try_read(source, &look->text, device) &&
	       settle(source, look, device);
}

void look_free(struct look *look)
{
	verdict_free(&look->verdict);
	text_free(&look->text);
}
