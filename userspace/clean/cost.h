/* SPDX-License-Identifier: GPL-2.0 */
/* What the steps to clean a device cost. */
#ifndef NBDDIAG_CLEAN_COST_H
#define NBDDIAG_CLEAN_COST_H

#include "clean/facts.h"

/**
 * clean_may_have_requests() - are requests in flight, or is that not known?
 * @facts: the device
 */
bool clean_may_have_requests(const struct clean_facts *facts);

/**
 * clean_cost_of_failing() - what it costs to fail what is in flight
 * @facts: the device
 *
 * Return: a sentence for free(), as of those below.
 */
char *clean_cost_of_failing(const struct clean_facts *facts);

/**
 * clean_cost_of_disconnect() - what it costs to disconnect over netlink
 * @facts: the device
 */
char *clean_cost_of_disconnect(const struct clean_facts *facts);

/**
 * clean_cost_of_sockets() - what it costs to shut the sockets
 * @facts: the device
 */
char *clean_cost_of_sockets(const struct clean_facts *facts);

#endif /* NBDDIAG_CLEAN_COST_H */
