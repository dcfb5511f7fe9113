/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that is stuck on the host, by root cause. */
#ifndef NBDDIAG_WHY_ALL_H
#define NBDDIAG_WHY_ALL_H

#include "why/causes.h"

/**
 * why_all() - say what is stuck, the cause that holds most first
 * @why: with its files read
 *
 * Return: the exit status: VERDICT_FREE if nothing is stuck, VERDICT_STUCK, or
 * VERDICT_UNKNOWN.
 */
int why_all(struct why *why);

/* Add the causes to the document, if there is one. */
void all_put(const struct causes *causes);

#endif /* NBDDIAG_WHY_ALL_H */
