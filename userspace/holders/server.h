/* SPDX-License-Identifier: GPL-2.0 */
/* Who should answer a device's requests. */
#ifndef NBDDIAG_SERVER_H
#define NBDDIAG_SERVER_H

#include <stdbool.h>

#include "facts/text.h"
#include "host/socket_owners.h"
#include "host/source.h"
#include "host/task.h"
#include "verdict/verdict.h"

/*
 * The socket that the oldest request was sent on; with none in flight the first one that is
 * live. NULL if that is not known.
 */
const char *server_socket(const struct text *text);

/**
 * server_listener() - the process that listened when a unix socket was connected
 * @socket: value of its line
 *
 * It need not serve it: systemd passes connections on, nbd-server has a child for each.
 *
 * Return: 0 if that is not known.
 */
pid_t server_listener(const char *socket);

/**
 * server_find_all() - the processes that have the other end of a socket open
 * @socket: value of its line
 * @servers: filled, for servers_free(); with the one that listened, other than init,
 *	if the kernel does not tell who has the other end
 *
 * Return: false if that is not known at all; true if it is known, also if nobody is
 * seen to have it open.
 */
bool server_find_all(const struct source *source, const char *socket,
		     struct servers *servers);

/**
 * server_find() - the process that should answer the oldest request, or the next one
 * @text: the device's file
 * @task: its main thread, for task_free(); zeroed if false is returned
 *
 * Return: false if it is not known, also if it is one of several.
 */
bool server_find(const struct source *source, const struct text *text,
		 struct task *task);

/* So many threads of a server are looked at. */
#define SERVER_THREADS 1024

/**
 * server_stop() - are all threads of a server stopped, or frozen?
 * @task: its main thread
 *
 * One that is in D or has ended answers nothing either, and does not count.
 *
 * Return: 'T' if a signal has stopped them, 't' if a debugger holds one of them, 'F'
 * if its cgroup is frozen; 0 if one of them runs or waits for work.
 */
char server_stop(const struct source *source, const struct task *task);

/**
 * server_judge() - a device is not served while its server is stopped; with nothing in
 * flight that is a warning
 * @verdict: of judge_device(), which knows nothing of processes; changed if so
 * @text: the device's file
 * @device: its name
 */
void server_judge(const struct source *source, struct verdict *verdict,
		  const struct text *text, const char *device);

#endif /* NBDDIAG_SERVER_H */
