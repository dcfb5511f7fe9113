/* SPDX-License-Identifier: GPL-2.0 */
/* A device's file and the verdict on it, read as often as that takes. */
#ifndef NBDDIAG_LOOK_H
#define NBDDIAG_LOOK_H

#include "facts/text.h"
#include "host/source.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

/**
 * struct look - a device, as it was seen
 * @text: its file
 * @verdict: what is said of it
 */
struct look {
	struct text text;
	struct verdict verdict;
};

/**
 * look_seconds() - a clock that only goes forward, to look for a limited time
 */
double look_seconds(void);

/**
 * look_at() - read and judge a device
 * @source: where to look
 * @look: filled, for look_free()
 * @device: its name, as "nbd101"
 *
 * On the live host, what may be known better a moment later is read again, for
 * JUDGE_LOCK_S at most. Ends the program if there is no such device.
 */
void look_at(const struct source *source, struct look *look,
	     const char *device);

/**
 * look_again() - the same for a device that may have gone
 * @source: where to look
 * @look: filled, for look_free(), if true is returned
 * @device: its name
 *
 * Return: false if there is no such device any more.
 */
bool look_again(const struct source *source, struct look *look,
		const char *device);

/**
 * look_free() - give back what look_at() took
 * @look: from look_at(), or zeroed
 */
void look_free(struct look *look);

#endif /* NBDDIAG_LOOK_H */
