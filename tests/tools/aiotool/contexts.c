// SPDX-License-Identifier: GPL-2.0
/* Contexts, and what a process may do to their rings. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "aiotool.h"

/* What the kernel maps at the address that is the aio_context_t. */
struct ring {
	unsigned int id;
	unsigned int nr;
	atomic_uint head;
	atomic_uint tail;
	unsigned int magic;
};

#define RING_MAGIC 0xa10a10a1
#define RING_HEAD 32	/* what lies before the events */

io_context_t contexts[MAX_CONTEXTS];
size_t nr_contexts;

size_t parse_index(const char *text)
{
	uint64_t index = parse_number(text);

	if (index >= nr_contexts)
		quit(1, "there is no context %s", text);
	return index;
}

/* libaio's io_context_t is the kernel's aio_context_t: where the ring lies. */
static struct ring *ring_of(size_t index)
{
	struct ring *ring = (void *)contexts[index];

	if (ring->magic != RING_MAGIC)
		quit(1, "context %zu has no ring", index);
	return ring;
}

unsigned int unreaped(size_t index)
{
	struct ring *ring = ring_of(index);

	return (ring->tail + ring->nr - ring->head % ring->nr) % ring->nr;
}

void setup_one(unsigned int max_reqs)
{
	size_t index = nr_contexts;
	int error;

	if (index == MAX_CONTEXTS)
		quit(1, "too many contexts");
	error = io_setup(max_reqs, &contexts[index]);
	if (error)
		quit(1, "io_setup: %s", strerror(-error));
	nr_contexts++;
}

void do_setup(const struct step *step)
{
	uint64_t n = step->nr > 2 ? parse_number(step->words[2]) : 1;
	unsigned int max_reqs = parse_number(step->words[1]);
	size_t index;

	while (n--) {
		index = nr_contexts;
		setup_one(max_reqs);
		printf("context: pid=%d index=%zu user_id=0x%" PRIxPTR " max_reqs=%u ",
		       getpid(), index, (uintptr_t)contexts[index], max_reqs);
		printf("nr_events=%u\n", ring_of(index)->nr);
	}
}

void do_destroy(const struct step *step)
{
	int error = io_destroy(contexts[parse_index(step->words[1])]);

	if (error)
		quit(1, "io_destroy: %s", strerror(-error));
}

/* The kernel saves what the registers hold on the stack of the thread. */
static long call_with(long number, long argument, unsigned long value)
{
#if defined(__x86_64__)
	long result;

	asm volatile("lea -128(%%rsp), %%rsp\n\t"
		     "push %%rbp\n\t"
		     "mov %[value], %%rbp\n\t"
		     "mov %[value], %%rbx\n\t"
		     "mov %[value], %%r8\n\t"
		     "mov %[value], %%r9\n\t"
		     "mov %[value], %%r10\n\t"
		     "mov %[value], %%r12\n\t"
		     "mov %[value], %%r13\n\t"
		     "mov %[value], %%r14\n\t"
		     "mov %[value], %%r15\n\t"
		     "syscall\n\t"
		     "pop %%rbp\n\t"
		     "lea 128(%%rsp), %%rsp"
		     : "=a"(result)
		     : "a"(number), "D"(argument), [value]"S"(value), "d"(value)
		     : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13",
		       "r14", "r15", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 asm("x8") = number;
	register long x0 asm("x0") = argument;
	register unsigned long x1 asm("x1") = value;

	asm volatile("mov x19, x1\n\tmov x20, x1\n\tmov x21, x1\n\t"
		     "mov x22, x1\n\tmov x23, x1\n\tmov x24, x1\n\t"
		     "mov x25, x1\n\tmov x26, x1\n\tmov x27, x1\n\t"
		     "mov x28, x1\n\tsvc #0"
		     : "+r"(x0)
		     : "r"(x8), "r"(x1)
		     : "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
		       "x27", "x28", "memory");
	return x0;
#else
	(void)value;
	return syscall(number, argument);
#endif
}

void do_destroy_with(const struct step *step)
{
	io_context_t context = contexts[parse_index(step->words[1])];
	unsigned long value = strtoul(step->words[2], NULL, 0);

	if (call_with(SYS_io_destroy, (long)context, value))
		quit(1, "io_destroy failed");
}

void do_head(const struct step *step)
{
	ring_of(parse_index(step->words[1]))->head = parse_number(step->words[2]);
}

void do_scribble(const struct step *step)
{
	memset(ring_of(parse_index(step->words[1])), 0xff, sizeof(struct ring));
}

void do_unmap(const struct step *step)
{
	struct ring *ring = ring_of(parse_index(step->words[1]));
	size_t size = RING_HEAD + ring->nr * sizeof(struct io_event);

	if (munmap(ring, (size + PAGE - 1) / PAGE * PAGE))
		die_errno("munmap");
}
