// SPDX-License-Identifier: GPL-2.0
/* How long a command was held up. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/wait.h>

#include "stormtool.h"

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
	int status, fd;
	pid_t pid;

	pid = start_command(args + 1);
	snprintf(task, sizeof(task), "%d", pid);
	fd = open_schedstat(task);
	snprintf(ways[0].stack, sizeof(ways[0].stack), "/proc/%d/stack", pid);
	snprintf(ways[0].what, sizeof(ways[0].what), "%s", args[0]);
	span_begin(&span, read_sched(fd));
	begin_way(&ways[0], span.start);
	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		;
	sched = read_sched(fd);
	while (opt.gone && !access(opt.gone, F_OK) && now() < span.start + 60)
		usleep(2000);
	ways[0].start = 0;
	span_end(&span, now(), sched);
	waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	printf("name=%s status=%d slept_ms=%.0f held_up_ms=%.0f wall_ms=%.0f\n", args[0],
	       status, span.slept * 1000, span.held_up * 1000, span.wall * 1000);
	return status;
}
