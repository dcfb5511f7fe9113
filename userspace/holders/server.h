/* SPDX-License-Identifier: GPL-2.0 */
/* Who should answer a device's requests. */
#ifndef NBDDIAG_SERVER_H
#define NBDDIAG_SERVER_H

#include <stdbool.h>

#include "facts/text.h"
#include "host/source.h"
#include "host/task.h"
#include "verdict/verdict.h"

/* The socket that the oldest request was sent on; NULL if that is not known. */
const char *server_socket(const struct text *text);

/**
 * server_pid() - the process at the other end of a socket
 * @socket: value of its line
 *
 * Over TCP it is looked for, if it is on this host.
 *
 * Return: 0 if that is not known.
 */
pid_t server_pid(const struct source *source, const char *socket);

/**
 * server_find() - the process at the other end of that
 * @text: the device's file
 * @task: filled, for task_free(); zeroed if false is returned
 *
 * It is the one that listened when it was connected; it may have given the socket
 * away since.
 */
bool server_find(const struct source *source, const struct text *text,
		 struct task *task);

/* Is it stopped, by a signal or a debugger? */
bool server_is_stopped(const struct task *task);

/**
 * server_judge() - a device is not served while its server is stopped
 * @verdict: of judge_device(), which knows nothing of processes; changed if so
 * @text: the device's file
 * @device: its name
 */
void server_judge(const struct source *source, struct verdict *verdict,
		  const struct text *text, const char *device);

#endif /* NBDDIAG_SERVER_H */
