/* SPDX-License-Identifier: GPL-2.0 */
/* May a device be attached? A pure function of the device's file. */
#ifndef NBDDIAG_JUDGE_H
#define NBDDIAG_JUDGE_H

#include "facts/text.h"
#include "verdict/verdict.h"

/* Whoever is seen with nbd's lock in each reading for so long is stuck. */
#define JUDGE_LOCK_S 2

/**
 * judge_device() - judge a device
 * @verdict: filled, for verdict_free()
 * @text: the device's file
 * @before: the same, read JUDGE_LOCK_S or more before, when in no reading
 *	between them nbd's lock was free; else NULL
 * @device: the device that was asked for, as "nbd101"
 */
void judge_device(struct verdict *verdict, const struct text *text,
		  const struct text *before, const char *device);

/* Of a device with an older request somebody has to see whether its server can answer. */
#define JUDGE_LOOK_S 1

/**
 * judge_brief() - judge a device by what the file "devices" says of it
 * @verdict: its word, status and reason are filled, for verdict_free()
 * @text: from brief_parse()
 * @device: the device that it should be of
 *
 * Return: false if only the device's file can tell: it may say better what is
 * not known, who should answer its requests, or whether volumes are mixed.
 */
bool judge_brief(struct verdict *verdict, const struct text *text,
		 const char *device);

#endif /* NBDDIAG_JUDGE_H */
