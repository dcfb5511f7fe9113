/* SPDX-License-Identifier: GPL-2.0 */
/* Devices that the rules of more than one test are asked about. */
#ifndef FACTS_H
#define FACTS_H

#include "snapshot/state.h"

/* As incident 1 left it: DISCONNECTED, one dead, the others nobody's. */
static const struct nbd_facts wedged = {
	.locked = true,
	.config = true,
	.sockets = 1311,
	.dead = 1,
	.started = YES,
	.disconnected = true,
	.starter = STARTER_GONE,
};

#endif /* FACTS_H */
