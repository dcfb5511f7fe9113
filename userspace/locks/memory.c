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
 * - The end of the address space. Whoever reads memory holds it for some
 *   microseconds, as ps(1) does too. If the process is killed just then, and
 *   this holder is the last, the address space ends in the reader: it would wait
 *   in exit_aio() for requests that the process has in flight.
 *
 * The last cannot be ruled out from user space, only made harmless: nothing is
 * read of a process that is being killed, and a process of its own reads. If it
 * hangs, it is killed, or else left behind: it has nothing open that somebody
 * waits for, and it hangs where the dead process would have. "nbddiag aio" shows
 * it as the waiter, by the name nbddiag-peek.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/auxvec.h>
#include <linux/futex.h>
#include <elf.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "locks/memory.h"

/* As patience.c has it. */
#define PATIENCE_MS 500
#define TRIES 20
#define PAUSE_NS 200000

#define PATH_LEN 64
#define FDS_MAX 1024
#define PAGEMAP_PRESENT 0x8000000000000000ull
/* Of signal 9 in a set of pending ones. */
#define SIGKILL_BIT 0x100

/**
 * struct errand - what the other process is to do, in memory that both have
 * @steps: it counts here, to show that it goes on
 * @result: what came of it
 * @page: size of one
 * @status: path of the file of the thread
 * @auxv: the same
 * @pagemap: the same
 * @mem: the same
 * @futexes: all but @futexes.thread
 * @thread: in place of that
 */
struct errand {
	atomic_uint steps;
	enum futex_memory result;
	uint64_t page;
	char status[PATH_LEN];
	char auxv[PATH_LEN];
	char pagemap[PATH_LEN];
	char mem[PATH_LEN];
	struct futexes futexes;
	struct futex_thread thread[];
};

/* ---- in the process of its own: no malloc(), no stdio ---- */

static enum futex_memory what_failed(void)
{
	return errno == EACCES || errno == EPERM ? FUTEX_MEMORY_DENIED :
						   FUTEX_MEMORY_ENDS;
}

/* Return: bytes read, -1 with errno. */
static ssize_t read_small(const char *path, void *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, buffer, size);
	close(fd);
	return got;
}

static bool is_pending(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	return at && strtoull(at + strlen(key), NULL, 16) & SIGKILL_BIT;
}

/* A process that is being killed lets go of its address space any moment. */
static bool is_being_killed(const struct errand *errand)
{
	char status[4096];
	ssize_t got = read_small(errand->status, status, sizeof(status) - 1);

	if (got <= 0)
		return true;
	status[got] = '\0';
	return is_pending(status, "\nSigPnd:") ||
		is_pending(status, "\nShdPnd:");
}

/*
 * Is it a 64-bit program? Its auxiliary vector says how large an entry of its
 * program headers is, and the vector of a 32-bit program has 32-bit words.
 */
static enum futex_memory check_bits(const struct errand *errand)
{
	uint64_t auxv[128];
	ssize_t got = read_small(errand->auxv, auxv, sizeof(auxv));
	size_t i;

	if (got < 0)
		return what_failed();
	if (!got)
		return FUTEX_MEMORY_ENDS;
	for (i = 0; (i + 2) * sizeof(*auxv) <= (size_t)got; i += 2)
		if (auxv[i] == AT_PHENT)
			return auxv[i + 1] == sizeof(Elf64_Phdr) ?
				FUTEX_MEMORY_READ : FUTEX_MEMORY_UNKNOWN;
	return FUTEX_MEMORY_32_BIT;
}

static bool is_in_memory(const struct errand *errand, int pagemap, uint64_t at)
{
	uint64_t entry;

	return pread(pagemap, &entry, sizeof(entry),
		     at / errand->page * sizeof(entry)) == sizeof(entry) &&
		entry & PAGEMAP_PRESENT;
}

/* A part that does not leave its page. */
static void read_part(const struct errand *errand, struct futex_thread *thread,
		      const int *fds, size_t first, size_t nr)
{
	uint64_t at = thread->address + 4 * first - 4 * FUTEX_BEFORE;
	uint32_t words[FUTEX_WORDS];

	if (!is_in_memory(errand, fds[0], at)) {
		thread->missing = true;
		return;
	}
	if (pread(fds[1], words, 4 * nr, at) != (ssize_t)(4 * nr))
		return;
	memcpy(&thread->word[first], words, 4 * nr);
	thread->known |= ((1u << nr) - 1) << first;
}

static void read_thread(struct errand *errand, struct futex_thread *thread,
			const int *fds)
{
	uint64_t at = thread->address - 4 * FUTEX_BEFORE;
	size_t first, nr;

	if (thread->address % 4 || thread->address < 4 * FUTEX_BEFORE)
		return;
	for (first = 0; first < FUTEX_WORDS; first += nr) {
		nr = (errand->page - (at + 4 * first) % errand->page) / 4;
		if (nr > FUTEX_WORDS - first)
			nr = FUTEX_WORDS - first;
		read_part(errand, thread, fds, first, nr);
		errand->steps++;
	}
}

/*
 * In pthread_join(3) of glibc the futex is in "struct pthread" of the thread that
 * is to end. There follows its robust_head, which the kernel knows too. (A wait
 * for the kernel's wake-up is never private.)
 */
static void look_for_join(struct errand *errand, struct futex_thread *thread)
{
	struct {
		int tid;
		int pad;
		void *robust_prev;
		struct robust_list_head robust_head;
	} *ending = (void *)(uintptr_t)thread->address;
	struct robust_list_head *head = NULL;
	size_t owner, len;

	if (thread->op & FUTEX_PRIVATE_FLAG || thread->value & FUTEX_WAITERS)
		return;
	owner = futex_find(&errand->futexes, thread->value);
	if (owner == FUTEX_NOBODY)
		return;
	thread->joins = !syscall(SYS_get_robust_list,
				 errand->thread[owner].tid, &head, &len) &&
		head == &ending->robust_head;
	errand->steps++;
}

static enum futex_memory do_errand(struct errand *errand)
{
	enum futex_memory result;
	int fds[2];
	size_t i;

	if (is_being_killed(errand))
		return FUTEX_MEMORY_ENDS;
	errand->steps++;
	result = check_bits(errand);
	if (result != FUTEX_MEMORY_READ)
		return result;
	errand->steps++;
	fds[0] = open(errand->pagemap, O_RDONLY | O_CLOEXEC);
	fds[1] = open(errand->mem, O_RDONLY | O_CLOEXEC);
	if (fds[0] < 0 || fds[1] < 0)
		return what_failed();
	errand->futexes.thread = errand->thread;
	errand->futexes.order = (uint32_t *)&errand->thread[errand->futexes.nr];
	for (i = 0; i < errand->futexes.nr; i++) {
		if (!errand->thread[i].waits)
			continue;
		look_for_join(errand, &errand->thread[i]);
		read_thread(errand, &errand->thread[i], fds);
	}
	return FUTEX_MEMORY_READ;
}

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
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "nbddiag-peek");
	errand->result = do_errand(errand);
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
	char path[PATH_LEN], status[256], *state;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	got = read_small(path, status, sizeof(status) - 1);
	status[got > 0 ? got : 0] = '\0';
	state = strstr(status, "\nState:\t");
	return state && state[8] == 'D';
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
		complain("process %d, which was to read memory of process %d, waits in the kernel; "
			 "it cannot be killed, and ends when what it waits for does",
			 (int)pid, (int)futexes->tgid);
}

static struct errand *new_errand(const struct futexes *futexes, pid_t tid,
				 size_t size)
{
	struct errand *errand = mmap(NULL, size, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int len;

	if (errand == MAP_FAILED)
		fail(EXIT_SYSTEM, "out of memory");
	errand->result = FUTEX_MEMORY_UNKNOWN;
	errand->page = sysconf(_SC_PAGESIZE);
	errand->futexes = *futexes;
	memcpy(errand->thread, futexes->thread,
	       futexes->nr * sizeof(*futexes->thread));
	memcpy(&errand->thread[futexes->nr], futexes->order,
	       futexes->nr * sizeof(*futexes->order));
	len = snprintf(errand->mem, PATH_LEN, "/proc/%d/task/%d/mem",
		       (int)futexes->tgid, (int)tid) - 3;
	snprintf(errand->status, PATH_LEN, "%.*sstatus", len, errand->mem);
	snprintf(errand->auxv, PATH_LEN, "%.*sauxv", len, errand->mem);
	snprintf(errand->pagemap, PATH_LEN, "%.*spagemap", len, errand->mem);
	return errand;
}

enum futex_memory memory_read(struct futexes *futexes, pid_t tid)
{
	size_t size = sizeof(struct errand) + futexes->nr *
		(sizeof(*futexes->thread) + sizeof(*futexes->order));
	struct errand *errand = new_errand(futexes, tid, size);
	enum futex_memory result = FUTEX_MEMORY_HANGS;
	pid_t pid = fork();

	if (!pid)
		be_the_other(errand);
	if (pid < 0)
		fail(EXIT_SYSTEM, "no process: %s", strerror(errno));
	if (wait_for(errand, pid)) {
		result = errand->result;
		memcpy(futexes->thread, errand->thread,
		       futexes->nr * sizeof(*futexes->thread));
	} else {
		give_up(futexes, pid);
	}
	munmap(errand, size);
	return result;
}
