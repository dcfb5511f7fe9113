/* SPDX-License-Identifier: GPL-2.0 */
/* What would free a device, and what else to know. */
#ifndef NBDDIAG_ADVICE_H
#define NBDDIAG_ADVICE_H

#include "facts/device_facts.h"
#include "verdict/verdict.h"

/**
 * advice_steps() - add what would free a device, in the order to try
 * @verdict: with word and status
 */
void advice_steps(struct verdict *verdict, const struct device_facts *facts);

/**
 * advice_warnings() - add what to know before anything is done
 * @verdict: with word and status
 */
void advice_warnings(struct verdict *verdict,
		     const struct device_facts *facts);

#endif /* NBDDIAG_ADVICE_H */
