// SPDX-License-Identifier: GPL-2.0
/*
 * Some files of /proc keep their readers waiting for as long as the process
 * hangs in execve(2). No signal ends that, except one that kills. So a thread
 * of its own reads them; if it hangs it is left alone and another one takes its
 * place. The end of the program ends it too.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/patience.h"

#define SECOND_NS 1000000000

/**
 * struct helper - a thread that does the jobs
 * @lock: protects the others
 * @changed: @job was given or is done
 * @job: to be done, NULL if it is
 * @tid: the thread, 0 before it runs
 */
struct helper {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *job;
	pid_t tid;
};

static void *run_jobs(void *data)
{
	struct helper *helper = data;
	struct job *job;

	pthread_mutex_lock(&helper->lock);
	helper->tid = syscall(SYS_gettid);
	for (;;) {
		while (!helper->job)
			pthread_cond_wait(&helper->changed, &helper->lock);
		job = helper->job;
		pthread_mutex_unlock(&helper->lock);
		job->run(job);
		pthread_mutex_lock(&helper->lock);
		helper->job = NULL;
		pthread_cond_signal(&helper->changed);
	}
	return NULL;
}

static struct helper *new_helper(void)
{
	struct helper *helper = check_memory(calloc(1, sizeof(*helper)));
	pthread_condattr_t attr;
	pthread_t thread;
	int err;

	pthread_mutex_init(&helper->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&helper->changed, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&thread, NULL, run_jobs, helper);
	if (err)
		fail(EXIT_SYSTEM, "cannot start a thread: %s", strerror(err));
	pthread_detach(thread);
	return helper;
}

/* Return: false if the time is over before anything has changed. */
static bool wait_a_while(struct helper *helper)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += PATIENCE_MS * (SECOND_NS / 1000);
	if (end.tv_nsec >= SECOND_NS) {
		end.tv_nsec -= SECOND_NS;
		end.tv_sec++;
	}
	return pthread_cond_timedwait(&helper->changed, &helper->lock,
				      &end) != ETIMEDOUT;
}

bool patience_is_in_d(const char *status)
{
	bool in_d = false;
	char line[64];
	FILE *file;

	file = fopen(status, "re");
	while (file && !in_d && fgets(line, sizeof(line), file))
		in_d = !strncmp(line, "State:\tD", 8);
	if (file)
		fclose(file);
	return in_d;
}

/* On a busy host it may only not have come to run: that is no hang. */
static bool is_in_d(const struct helper *helper)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", helper->tid);
	return patience_is_in_d(path);
}

/* Return: is it done? If not, there was no news, and not a step further. */
static bool wait_for(struct helper *helper, struct job *job)
{
	unsigned int steps, tries = PATIENCE_TRIES;

	while (helper->job) {
		steps = job->steps;
		if (wait_a_while(helper) || job->steps != steps)
			tries = PATIENCE_TRIES;
		else if (helper->job && (is_in_d(helper) || !--tries))
			return false;
	}
	return true;
}

bool patiently(struct job *job)
{
	/* Kept from job to job, as a thread costs more than a job. */
	static struct helper *helper;
	bool done;

	if (!helper)
		helper = new_helper();
	pthread_mutex_lock(&helper->lock);
	helper->job = job;
	pthread_cond_signal(&helper->changed);
	done = wait_for(helper, job);
	pthread_mutex_unlock(&helper->lock);
	if (!done)
		helper = NULL;
	return done;
}
