// SPDX-License-Identifier: GPL-2.0
/* How long a command was held up. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>

#include "stormtool.h"

/* How often its stack is looked at. What one look sees counts for so long at most (s). */
#define LOOK 0.02
#define LOOK_MOST 0.1

/* How long the command waited for RCU. */
static _Atomic double waited_for_rcu;

/*
 * As its stack names them. A queue is frozen by RCU, too: with nothing in flight, that
 * is all the wait.
 */
static bool is_in_rcu(const char *stack)
{
	static const char * const functions[] = {
		"synchronize_rcu", "synchronize_srcu", "__wait_rcu_gp", "rcu_barrier",
		"blk_mq_freeze_queue_wait",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (strstr(stack, functions[i]))
			return true;
	return false;
}

static void *watch_rcu(void *path)
{
	double last = now(), at;
	char stack[4096];
	ssize_t len;
	int fd;

	for (;; last = at) {
		usleep(LOOK * 1e6);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = fd < 0 ? -1 : read(fd, stack, sizeof(stack) - 1);
		if (fd >= 0)
			close(fd);
		if (len < 0)
			return NULL;
		stack[len] = '\0';
		at = now();
		if (is_in_rcu(stack))
			waited_for_rcu = waited_for_rcu +
				(at - last < LOOK_MOST ? at - last : LOOK_MOST);
	}
}

/* Return: its pid, once it has begun: what the loading of its program takes is not its own. */
static pid_t start_command(char **command)
{
	int ends[2];
	pid_t pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		die_errno("pipe");
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		execvp(command[0], command);
		die_errno(command[0]);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1))
		die_errno("pipe");
	close(ends[0]);
	return pid;
}

int cmd_time(void)
{
	char task[32];
	struct span span;
	siginfo_t info;
	struct sched sched;
	double rcu;
	int status, fd;
	pid_t pid;

	pid = start_command(args + 1);
	snprintf(task, sizeof(task), "%d", pid);
	fd = open_schedstat(task);
	snprintf(ways[0].stack, sizeof(ways[0].stack), "/proc/%d/stack", pid);
	snprintf(ways[0].what, sizeof(ways[0].what), "%s", args[0]);
	span_begin(&span, read_sched(fd));
	begin_way(&ways[0], span.start);
	start_detached(watch_rcu, ways[0].stack, 51);
	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		;
	sched = read_sched(fd);
	while (opt.gone && !access(opt.gone, F_OK) && now() < span.start + 60)
		usleep(2000);
	ways[0].start = 0;
	span_end(&span, now(), sched);
	waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	rcu = waited_for_rcu;
	printf("name=%s status=%d slept_ms=%.0f rcu_ms=%.0f held_up_ms=%.0f wall_ms=%.0f\n",
	       args[0], status, span.slept > rcu ? (span.slept - rcu) * 1000 : 0,
	       rcu * 1000, span.held_up * 1000, span.wall * 1000);
	return status;
}
