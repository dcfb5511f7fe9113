// SPDX-License-Identifier: GPL-2.0
/*
 * Is in D as the parent of vfork(2), which waits in the kernel for its child: again and
 * again, each time until the child is killed; once, and then no more; or in four threads.
 * usage: vforktool again | once | threads
 */
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 60
#define THREADS 4

static void be_in_d(void)
{
	pid_t child = vfork();

	if (!child) {
		sleep(SECONDS);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void *thread(void *unused)
{
	be_in_d();
	return unused;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	pthread_t id;
	int i;

	alarm(SECONDS);
	for (i = 1; !strcmp(what, "threads") && i < THREADS; i++)
		pthread_create(&id, NULL, thread, NULL);
	do {
		be_in_d();
	} while (!strcmp(what, "again"));
	for (;;)
		pause();
}
