/* SPDX-License-Identifier: GPL-2.0 */
/* A device's file and the verdict on it, read as often as that takes. */
#ifndef NBDDIAG_JUDGED_H
#define NBDDIAG_JUDGED_H

#include "base/fail.h"
#include "facts/text.h"
#include "host/source.h"
#include "verdict/judge.h"
#include "verdict/verdict.h"

/**
 * struct judged - a device, as it was found
 * @text: its file
 * @verdict: what is said of it
 * @message: of judged_read_all(): why it was not judged, NULL if it was; the rest is empty
 * @status: of which kind that is; EXIT_NO_SUCH if it has gone
 */
struct judged {
	struct text text;
	struct verdict verdict;
	char *message;
	enum exit_status status;
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
 * judged_read_all() - the same for many devices
 * @devices: their names
 *
 * All together they are read again for JUDGE_LOCK_S at most. What is stuck in any case is
 * not read again.
 *
 * Return: one for each, for judged_free(), and all of them for free().
 */
struct judged *judged_read_all(const struct source *source,
			       const char * const *devices, size_t nr);

/**
 * judged_free() - give back what judged_read() took
 * @judged: from judged_read(), or zeroed
 */
void judged_free(struct judged *judged);

#endif /* NBDDIAG_JUDGED_H */
