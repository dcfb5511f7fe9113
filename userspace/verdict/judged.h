/* SPDX-License-Identifier: GPL-2.0 */
/* A device's file and the verdict on it, read as often as that takes. */
#ifndef NBDDIAG_JUDGED_H
#define NBDDIAG_JUDGED_H

#include "base/fail.h"
#include "facts/text.h"
#include "host/source.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

/* Locks that are held for ever are few, and who asks does not wait longer for them. */
#define JUDGED_AGAIN_S 4

/**
 * struct judged - a device, as it was found
 * @text: its file
 * @verdict: what is said of it
 */
struct judged {
	struct text text;
	struct verdict verdict;
};

/**
 * judged_read() - read and judge a device
 * @judged: filled, for judged_free()
 * @device: its name, as "nbd101"
 *
 * On the live host, what may be known better a moment later is read again, for
 * JUDGE_LOCK_S at most. Ends the program if there is no such device.
 */
void judged_read(const struct source *source, struct judged *judged,
		 const char *device);

/**
 * judged_read_or_say() - the same, or what is wrong
 * @status: of which kind that is
 *
 * Return: NULL if it was judged; otherwise a message for free(), and @judged is
 * empty.
 */
char *judged_read_or_say(const struct source *source, struct judged *judged,
			 const char *device, enum exit_status *status);

/**
 * judged_read_again() - the same for a device that may have gone
 * @judged: filled, for judged_free(), if true is returned
 *
 * Return: false if there is no such device any more.
 */
bool judged_read_again(const struct source *source, struct judged *judged,
		       const char *device);

/**
 * judged_read_of_many() - the same for one of many devices
 * @again_s: when one of them was read again for the first time; 0 before that
 * @status: set if it was not judged
 *
 * All together they are read again for JUDGED_AGAIN_S at most, and the last ones
 * once only. What is stuck in any case is not read again.
 *
 * Return: NULL if it was judged; otherwise a message for free(), and @judged is
 * empty. If the device has gone, @status is EXIT_NO_SUCH.
 */
char *judged_read_of_many(const struct source *source, struct judged *judged,
			  const char *device, double *again_s,
			  enum exit_status *status);

/**
 * judged_free() - give back what judged_read() took
 * @judged: from judged_read(), or zeroed
 */
void judged_free(struct judged *judged);

#endif /* NBDDIAG_JUDGED_H */
