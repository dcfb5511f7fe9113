// SPDX-License-Identifier: GPL-2.0
/*
 * What a process of its own does, see memory.c: the futexes that the threads of
 * another process wait in, of one moment. What a thread does is looked at before
 * the memory is read, and that it has slept all the time afterwards. Its context
 * switches tell.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/auxvec.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array_size.h"
#include "locks/errand.h"

#define PATH_LEN 64
#define PAGEMAP_PRESENT 0x8000000000000000ull
/* A futex so little above the stack pointer is in the caller's frame. */
#define FRAME 1024

/* ---- files ---- */

static enum futex_memory what_failed(void)
{
	return errno == EACCES || errno == EPERM ? FUTEX_MEMORY_DENIED :
						   FUTEX_MEMORY_ENDS;
}

/* Return: the file of a thread, -1 with errno. */
static int open_file(const struct errand *errand, pid_t tid, const char *name)
{
	char path[PATH_LEN], digits[16], *digit = &digits[15];

	*digit = '\0';
	for (; tid; tid /= 10)
		*--digit = '0' + tid % 10;
	stpcpy(stpcpy(stpcpy(stpcpy(path, errand->proc), digit), "/"), name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Return: bytes read, -1 with errno. */
static ssize_t read_small(const struct errand *errand, pid_t tid,
			  const char *name, void *buffer, size_t size)
{
	int fd = open_file(errand, tid, name), err;
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, buffer, size);
	err = errno;
	close(fd);
	errno = err;
	return got;
}

static bool read_status(const struct errand *errand, pid_t tid,
			struct status *status)
{
	int fd = open_file(errand, tid, "status");

	if (fd >= 0 && status_read(fd, status))
		return true;
	memset(status, 0, sizeof(*status));
	return false;
}

/* ---- which threads wait in a futex ---- */

/* Return: false if the process lets go of its address space any moment. */
static bool read_all_status(struct errand *errand)
{
	struct futex_thread *thread;
	struct status *status;
	size_t i;

	for (i = 0; i < errand->futexes.nr; i++) {
		thread = &errand->futexes.thread[i];
		status = &errand->before[i];
		read_status(errand, thread->tid, status);
		if (status->is_killed)
			return false;
		/* Kernels without pid namespaces do not say it. */
		if (status->state)
			thread->number = status->number ? status->number :
							  thread->tid;
		errand->steps++;
	}
	return true;
}

/**
 * struct call - the system call that a thread is in
 * @number: which
 * @word: six arguments, stack pointer, program counter
 */
struct call {
	long number;
	uint64_t word[8];
};

/* Return: is it in one? If not, why is noted, unless it has gone. */
static bool read_call(struct errand *errand, pid_t tid, struct call *call)
{
	char line[256], *at = line, *end;
	ssize_t got = read_small(errand, tid, "syscall", line, sizeof(line) - 1);
	size_t i;

	if (got < 0 && what_failed() == FUTEX_MEMORY_DENIED)
		errand->result = FUTEX_MEMORY_DENIED;
	if (got < 0)
		return false;
	line[got] = '\0';
	/* "running", or -1 and fewer words outside of any call. */
	call->number = strtol(at, &end, 10);
	for (i = 0; i < ARRAY_SIZE(call->word); i++) {
		at = end;
		call->word[i] = strtoull(at, &end, 16);
		if (at == end)
			return false;
	}
	return true;
}

/* Return: may it wait in a futex? A 32-bit thread may; it has a low stack. */
static bool look_at(struct errand *errand, struct futex_thread *thread)
{
	struct call call;
	uint64_t stack;

	if (!read_call(errand, thread->tid, &call))
		return false;
	stack = call.word[6];
	if (call.number == SYS_futex && call.word[0]) {
		thread->waits = true;
		thread->address = call.word[0];
		thread->op = call.word[1];
		thread->value = call.word[2];
		thread->timed = call.word[3];
		thread->on_stack = thread->address - stack < FRAME;
	}
	return thread->waits || !(stack >> 32);
}

/* Return: the first thread that may wait in a futex, 0 if none. */
static pid_t read_calls(struct errand *errand)
{
	struct futex_thread *thread;
	pid_t first = 0;
	size_t i;

	for (i = 0; i < errand->futexes.nr; i++) {
		thread = &errand->futexes.thread[i];
		if (errand->before[i].state == 'S' &&
		    look_at(errand, thread) && !first)
			first = thread->tid;
		errand->steps++;
	}
	return first;
}

static void drop_awake(struct errand *errand)
{
	struct futex_thread *thread;
	struct status now;
	size_t i;

	for (i = 0; i < errand->futexes.nr; i++) {
		thread = &errand->futexes.thread[i];
		if (!thread->waits)
			continue;
		read_status(errand, thread->tid, &now);
		if (now.state != 'S' ||
		    now.switches != errand->before[i].switches)
			thread->waits = false;
		errand->steps++;
	}
}

/* ---- memory ---- */

/*
 * Is it a 64-bit program? Its auxiliary vector says how large an entry of its
 * program headers is, and the vector of a 32-bit program has 32-bit words.
 */
static enum futex_memory check_bits(const struct errand *errand, pid_t tid)
{
	uint64_t auxv[128];
	ssize_t got = read_small(errand, tid, "auxv", auxv, sizeof(auxv));
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

static void read_words(struct errand *errand, struct futex_thread *thread,
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
				 errand->futexes.thread[owner].tid, &head,
				 &len) &&
		head == &ending->robust_head;
	errand->steps++;
}

static enum futex_memory read_memory(struct errand *errand, pid_t tid)
{
	struct futex_thread *thread;
	int fds[2];
	size_t i;

	fds[0] = open_file(errand, tid, "pagemap");
	fds[1] = open_file(errand, tid, "mem");
	if (fds[0] < 0 || fds[1] < 0)
		return what_failed();
	for (i = 0; i < errand->futexes.nr; i++) {
		thread = &errand->futexes.thread[i];
		if (!thread->waits)
			continue;
		look_for_join(errand, thread);
		read_words(errand, thread, fds);
	}
	return FUTEX_MEMORY_READ;
}

/* ---- all of it ---- */

static enum futex_memory read_process(struct errand *errand, pid_t first)
{
	struct status status;
	enum futex_memory result;

	/* Only now, as it may have taken long to get here. */
	if (!read_status(errand, first, &status) || status.is_killed)
		return FUTEX_MEMORY_ENDS;
	result = check_bits(errand, first);
	errand->steps++;
	if (result == FUTEX_MEMORY_READ)
		result = read_memory(errand, first);
	if (result == FUTEX_MEMORY_READ)
		drop_awake(errand);
	return result;
}

void errand_run(struct errand *errand)
{
	pid_t first;

	errand->result = FUTEX_MEMORY_READ;
	if (!read_all_status(errand)) {
		errand->result = FUTEX_MEMORY_ENDS;
		return;
	}
	futex_sort(&errand->futexes);
	/* What was denied is noted. */
	first = read_calls(errand);
	if (first)
		errand->result = read_process(errand, first);
}
