// SPDX-License-Identifier: GPL-2.0
/* How long something was held up: see main.c. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

#include "stormtool.h"

#define MAX_CPUS 64

/* A watcher that is later than that was stopped, with its processor. */
#define LATE 0.05

/* For each processor, when a watcher last ran there, and how long none did; by the lock. */
static double beats[MAX_CPUS];
static double paused;
static pthread_mutex_t beats_lock = PTHREAD_MUTEX_INITIALIZER;
static int nr_cpus;

struct sched read_sched(int fd)
{
	unsigned long long ran, waited;
	char text[128];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len <= 0)
		die_errno("schedstat");
	text[len] = '\0';
	if (sscanf(text, "%llu %llu", &ran, &waited) != 2)
		quit(1, "schedstat: '%s'", text);
	return (struct sched){ .ran = ran / 1e9, .waited = waited / 1e9 };
}

int open_schedstat(const char *task)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/schedstat", task);
	return open_or_die(path, O_RDONLY);
}

/*
 * The first one to run again after a pause counts it: that is the time in which
 * no processor ran a watcher. One processor that does not run is no excuse.
 */
static void beat(int cpu)
{
	double last = 0, at;
	int i;

	pthread_mutex_lock(&beats_lock);
	at = now();
	for (i = 0; i < nr_cpus; i++)
		if (beats[i] > last)
			last = beats[i];
	if (at - last - BEAT > LATE)
		paused += at - last - BEAT;
	beats[cpu] = at;
	pthread_mutex_unlock(&beats_lock);
}

static double paused_until_now(void)
{
	double until_now;

	pthread_mutex_lock(&beats_lock);
	until_now = paused;
	pthread_mutex_unlock(&beats_lock);
	return until_now;
}

static void *watch_cpu(void *data)
{
	int cpu = (intptr_t)data;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die_errno("sched_setaffinity");
	for (;;) {
		beat(cpu);
		usleep(BEAT * 1e6);
	}
	return NULL;
}

void watch_cpus(void)
{
	int cpu;

	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (nr_cpus > MAX_CPUS)
		quit(1, "too many processors");
	for (cpu = 0; cpu < nr_cpus; cpu++)
		beats[cpu] = now();
	for (cpu = 0; cpu < nr_cpus; cpu++)
		start_detached(watch_cpu, (void *)(intptr_t)cpu, 50);
}

static double or_nothing(double seconds)
{
	return seconds > 0 ? seconds : 0;
}

void span_begin(struct span *span, struct sched sched)
{
	span->sched = sched;
	span->paused = paused_until_now();
	span->start = now();
}

void span_end(struct span *span, double end, struct sched sched)
{
	span->wall = end - span->start;
	/* The watchers may need a moment more to see that time has passed. */
	if (span->wall > limit())
		usleep(2 * BEAT * 1e6);
	span->held_up = or_nothing(span->wall - (sched.waited - span->sched.waited) -
				   (paused_until_now() - span->paused));
	span->slept = or_nothing(span->held_up - (sched.ran - span->sched.ran));
}
