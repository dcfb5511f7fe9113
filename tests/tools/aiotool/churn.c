// SPDX-License-Identifier: GPL-2.0
/* Processes that come and go, each with contexts and a way to end of its own. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/wait.h>

#include "aiotool.h"

static void *destroy_thread(void *data)
{
	io_destroy(contexts[(size_t)data]);
	return NULL;
}

static void *exit_thread(void *data)
{
	usleep((uintptr_t)data);
	_exit(0);
}

/* One life of a process with contexts, and one of the ways in which it ends. */
static void __attribute__((noreturn)) churn_once(void)
{
	size_t n = 1 + rand() % 3, i;

	/* The parent's contexts are not this process's. */
	nr_contexts = 0;
	memset(contexts, 0, sizeof(contexts));
	for (i = 0; i < n; i++) {
		setup_one(1 + rand() % 64);
		offset = (rand() % 1024) * PAGE;
		if (rand() % 4)
			transfer(i, 1 + rand() % 4, rand() % 4 == 0);
	}
	switch (rand() % 7) {
	case 0:
		_exit(0);
	case 1:
		raise(SIGKILL);
		break;
	case 2:
		for (i = 0; i < n; i++)
			io_destroy(contexts[i]);
		break;
	case 3:
		usleep(rand() % 20000);
		break;
	case 4:
		start_detached(destroy_thread, NULL, 0);
		usleep(rand() % 2000);
		raise(SIGKILL);
		break;
	case 5:
		execl("/bin/true", "true", NULL);
		break;
	case 6:
		start_detached(exit_thread, (void *)(uintptr_t)(rand() % 20000), 0);
		syscall(SYS_exit, 0);
		break;
	}
	_exit(0);
}

void do_churn(const struct step *step)
{
	double end = now() + parse_number(step->words[1]);
	uint64_t most = parse_number(step->words[2]), running = 0;
	unsigned int n = 0;
	pid_t pid;

	puts("ready");
	while (now() < end || running) {
		if (now() < end && running < most) {
			pid = fork();
			if (pid < 0)
				die_errno("fork");
			if (!pid) {
				srand(n);
				churn_once();
			}
			n++;
			running++;
		} else if (wait(NULL) > 0) {
			running--;
		}
	}
	printf("churned: n=%u\n", n);
}
