// SPDX-License-Identifier: GPL-2.0
/*
 * Reads some words of another process's memory.
 *
 * Three things could keep a reader waiting, for as long as that process hangs:
 *
 * - Its lock of the address space. /proc/PID/mem and pagemap take it so that a
 *   kill ends the wait; process_vm_readv(2) does not.
 * - A page that is not there: it may be on a swap device that hangs, or be
 *   filled by a program, as of userfaultfd(2) while a guest migrates. So pagemap
 *   is asked first, and what is not in memory is not read.
 * - The end of the address space. Whoever reads memory, or the file status, holds
 *   it for some microseconds, as ps(1) does too. If the process is killed just
 *   then, and this holder is the last, the address space ends in the reader: it
 *   would wait in exit_aio() for requests that the process has in flight.
 *
 * The last cannot be ruled out from user space, only made harmless: nothing is
 * read of a process that is being killed, and a process of its own reads. If it
 * hangs, it is killed, or else left behind: it has nothing open that somebody
 * waits for, keeps no filesystem busy, and hangs where the dead process would
 * have. "nbddiag aio" shows it as the waiter, by the name nbddiag-peek.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/patience.h"
#include "locks/errand.h"
#include "locks/memory.h"

/* As patience.c has it. */
#define PATIENCE_MS 500
#define TRIES 20
#define PAUSE_NS 200000

#define PATH_LEN 64
#define FDS_MAX 1024

/* ---- in the process of its own ---- */

/* Should it hang, nobody must wait for a pipe's end or a file that it has. */
static void close_all(void)
{
	int fd;

#ifdef SYS_close_range
	if (!syscall(SYS_close_range, 0, ~0u, 0))
		return;
#endif
	for (fd = 0; fd < FDS_MAX; fd++)
		close(fd);
}

static void be_the_other(struct errand *errand)
{
	close_all();
	/* Nor must anybody be kept from unmounting where the user happens to be. */
	if (chdir("/"))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "nbddiag-peek");
	errand_run(errand);
	_exit(0);
}

/* ---- here ---- */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

/* Return: has it ended? If not, a while has passed. */
static bool wait_a_while(pid_t pid)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	uint64_t end = now_ms() + PATIENCE_MS;

	do {
		if (waitpid(pid, NULL, WNOHANG))
			return true;
		nanosleep(&pause, NULL);
	} while (now_ms() < end);
	return false;
}

static bool is_in_d(pid_t pid)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	return patience_is_in_d(path);
}

/* As patiently() does it: in D, and not a step further, is a hang. */
static bool wait_for(struct errand *errand, pid_t pid)
{
	unsigned int tries = TRIES, steps;

	do {
		steps = errand->steps;
		if (wait_a_while(pid))
			return true;
		if (errand->steps != steps)
			tries = TRIES;
		else if (is_in_d(pid))
			return false;
	} while (--tries);
	return false;
}

static void give_up(const struct futexes *futexes, pid_t pid)
{
	kill(pid, SIGKILL);
	if (!wait_a_while(pid))
		complain("process %d, which was to read memory of process %d, waits in the kernel. "
			 "It cannot be killed. It ends when what it waits for ends",
			 (int)pid, (int)futexes->tgid);
}

static size_t size_of_errand(size_t nr)
{
	return sizeof(struct errand) + nr * (sizeof(struct status) +
		sizeof(struct futex_thread) + sizeof(uint32_t));
}

/* Return: NULL with errno. */
static struct errand *new_errand(const struct futexes *futexes)
{
	struct errand *errand = mmap(NULL, size_of_errand(futexes->nr),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (errand == MAP_FAILED)
		return NULL;
	errand->result = FUTEX_MEMORY_UNKNOWN;
	errand->page = sysconf(_SC_PAGESIZE);
	snprintf(errand->proc, sizeof(errand->proc), "/proc/%d/task/",
		 (int)futexes->tgid);
	errand->futexes = *futexes;
	errand->before = (struct status *)(errand + 1);
	errand->futexes.thread =
		(struct futex_thread *)&errand->before[futexes->nr];
	errand->futexes.order =
		(uint32_t *)&errand->futexes.thread[futexes->nr];
	memcpy(errand->futexes.thread, futexes->thread,
	       futexes->nr * sizeof(*futexes->thread));
	return errand;
}

static enum futex_memory do_errand(struct futexes *futexes,
				   struct errand *errand, pid_t pid)
{
	if (!wait_for(errand, pid)) {
		give_up(futexes, pid);
		return FUTEX_MEMORY_HANGS;
	}
	memcpy(futexes->thread, errand->futexes.thread,
	       futexes->nr * sizeof(*futexes->thread));
	return errand->result;
}

enum futex_memory memory_read(struct futexes *futexes)
{
	struct errand *errand = new_errand(futexes);
	enum futex_memory result = FUTEX_MEMORY_UNKNOWN;
	pid_t pid = errand ? fork() : -1;

	if (!pid)
		be_the_other(errand);
	if (pid > 0)
		result = do_errand(futexes, errand, pid);
	else
		complain("memory of process %d is not read: no process can be started for that: %s",
			 (int)futexes->tgid, strerror(errno));
	if (errand)
		munmap(errand, size_of_errand(futexes->nr));
	return result;
}
