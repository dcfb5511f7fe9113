/* SPDX-License-Identifier: GPL-2.0 */
/* Carries a command out. */
#ifndef NBDDIAG_RUN_H
#define NBDDIAG_RUN_H

#include "knob/rules.h"
#include "snapshot/device.h"

/**
 * struct cleanup - a command and how far it came
 * @command: what is to be done
 * @snap: the device as it was looked at last
 * @verdict: of the last look, in the end of the whole
 * @why: the verdict that kept it from being completed, if it is partial
 * @reader: at the last look another reader of nbddiag held config_lock
 * @acted: something was done
 * @dead_before: dead sockets at the first look
 * @shut: sockets that became dead since
 * @failed: requests that were completed with an error
 * @left: requests in flight that were not
 */
struct cleanup {
	struct cleanup_command command;
	struct nbd_snap snap;
	enum cleanup_verdict verdict;
	enum cleanup_verdict why;
	bool reader;
	bool acted;
	u32 dead_before;
	u32 shut;
	u32 failed;
	u32 left;
};

/**
 * cleanup_run() - look at a device until a command is done or refused
 * @c: @c->command is given, the rest zero; the rest is filled
 *
 * Context: may sleep, some seconds at most; one caller at a time.
 */
void cleanup_run(struct cleanup *c);

#endif /* NBDDIAG_RUN_H */
