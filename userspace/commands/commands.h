/* SPDX-License-Identifier: GPL-2.0 */
/* The commands; each returns the exit status of the program. */
#ifndef NBDDIAG_COMMANDS_H
#define NBDDIAG_COMMANDS_H

#include "commands/options.h"

int cmd_list(const struct options *options);
int cmd_show(const struct options *options);
int cmd_aio(const struct options *options);
int cmd_holders(const struct options *options);
int cmd_check(const struct options *options);
int cmd_why(const struct options *options);
int cmd_clean(const struct options *options);
int cmd_capture(const struct options *options);

#endif /* NBDDIAG_COMMANDS_H */
