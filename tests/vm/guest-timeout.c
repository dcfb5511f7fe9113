// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command for so many seconds at most, like "timeout -k 1": status 124
 * when they are over, 137 when it had to be killed. The time in which the host
 * held this guest up does not count; see guest-limits.sh, which does the same.
 * usage: guest-timeout SECONDS COMMAND...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMED_OUT = 124, NOT_STARTED = 126, NOT_FOUND = 127 };

struct limit {
	double end;		/* of the guest's own time */
	double next_look;	/* by the clock */
	double sure;		/* when what the host says is not late */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* What the host says, in seconds since the boot. */
static double held_up(void)
{
	FILE *file = fopen("/out/held-up", "r");
	double seconds = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lf", &seconds) != 1)
		seconds = 0;
	fclose(file);
	return seconds;
}

/*
 * To be asked at next_look. If the time is over, the host is asked again for a
 * second: when it was so busy that this guest stood still, what it says is
 * late too.
 */
static bool is_over(struct limit *limit)
{
	double held = held_up(), t = now();

	if (t - held < limit->end) {
		limit->next_look = limit->end + held;
		limit->sure = 0;
		return false;
	}
	if (!limit->sure)
		limit->sure = t + 1;
	limit->next_look = t + 0.2;
	return t >= limit->sure;
}

/* Waits for a signal of SET until a time; 0 when there was none. */
static int next_signal(const sigset_t *set, double until)
{
	double left = until - now();
	struct timespec t = { 0 };
	int sig;

	if (left > 0) {
		t.tv_sec = left;
		t.tv_nsec = (left - t.tv_sec) * 1e9;
	}
	sig = sigtimedwait(set, NULL, &t);
	return sig > 0 ? sig : 0;
}

/*
 * To the command and whatever it has started. This process is of that group
 * too, and forgets its own signal by ignoring it for a moment.
 */
static void send(pid_t child, int sig)
{
	kill(child, sig);
	kill(0, sig);
	signal(sig, SIG_IGN);
	signal(sig, SIG_DFL);
	kill(child, SIGCONT);
}

static bool has_ended(pid_t child, int *status)
{
	int how;

	if (waitpid(child, &how, WNOHANG) != child)
		return false;
	*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	return true;
}

/* Ends the command. A task in D cannot be ended: so nobody waits for it. */
static int end_of_time(pid_t child, const sigset_t *set)
{
	double end = now() + 1;
	int status;

	send(child, SIGTERM);
	while (now() < end) {
		if (has_ended(child, &status))
			return TIMED_OUT;
		next_signal(set, end);
	}
	send(child, SIGKILL);
	return 128 + SIGKILL;
}

static int watch(pid_t child, const sigset_t *set, struct limit *limit)
{
	int status, sig;

	for (;;) {
		if (has_ended(child, &status))
			return status;
		sig = next_signal(set, limit->next_look);
		if (sig && sig != SIGCHLD)
			send(child, sig);
		else if (!sig && is_over(limit))
			return end_of_time(child, set);
	}
}

static pid_t start(char **command, const sigset_t *old)
{
	pid_t child = fork();
	int status;

	if (child)
		return child;
	sigprocmask(SIG_SETMASK, old, NULL);
	execvp(command[0], command);
	status = errno == ENOENT ? NOT_FOUND : NOT_STARTED;
	perror(command[0]);
	_exit(status);
}

int main(int argc, char **argv)
{
	struct limit limit = { 0 };
	sigset_t set, old;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: guest-timeout SECONDS COMMAND...\n");
		return NOT_STARTED;
	}
	limit.next_look = now() + atof(argv[1]);
	limit.end = limit.next_look - held_up();
	setpgid(0, 0);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, &old);
	child = start(argv + 2, &old);
	if (child < 0) {
		perror("guest-timeout: fork");
		return NOT_STARTED;
	}
	return watch(child, &set, &limit);
}
