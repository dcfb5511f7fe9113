/* SPDX-License-Identifier: GPL-2.0 */
/* The commands. */
#ifndef NBDDIAG_COMMANDS_H
#define NBDDIAG_COMMANDS_H

#include "commands/options.h"

extern const struct command command_list;
extern const struct command command_show;
extern const struct command command_aio;
extern const struct command command_io;
extern const struct command command_tasks;
extern const struct command command_uring;
extern const struct command command_holders;
extern const struct command command_check;
extern const struct command command_why;
extern const struct command command_clean;
extern const struct command command_capture;
extern const struct command command_metrics;
extern const struct command command_changes;

#endif /* NBDDIAG_COMMANDS_H */
