/* SPDX-License-Identifier: GPL-2.0 */
/* What it costs to fail requests. */
#ifndef NBDDIAG_COST_H
#define NBDDIAG_COST_H

#include "facts/device_facts.h"

/* "at least " if not all requests have a line, else "". */
const char *cost_at_least(const struct device_facts *facts);

/**
 * cost_of_failing() - what it costs to fail what is in flight
 *
 * Return: a sentence for free().
 */
char *cost_of_failing(const struct device_facts *facts);

#endif /* NBDDIAG_COST_H */
