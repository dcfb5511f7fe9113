// SPDX-License-Identifier: GPL-2.0
/* The system call that a thread is in. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/array_size.h"
#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "host/task_call.h"
#include "host/task_fds.h"
#include "host/task_file.h"

/* ---- system calls by number ---- */

struct call {
	long number;
	const char *name;
	bool has_fd;		/* the first argument is a descriptor */
};

#define WITH_FD(name) { SYS_##name, #name, true }
#define WITHOUT_FD(name) { SYS_##name, #name, false }

static const struct call calls[] = {
	WITH_FD(close), WITH_FD(copy_file_range), WITH_FD(fadvise64),
	WITH_FD(fallocate), WITH_FD(fcntl), WITH_FD(fdatasync), WITH_FD(flock),
	WITH_FD(fstat), WITH_FD(fsync), WITH_FD(ftruncate),
	WITH_FD(getdents64), WITH_FD(ioctl), WITH_FD(lseek), WITH_FD(pread64),
	WITH_FD(preadv), WITH_FD(preadv2), WITH_FD(pwrite64),
	WITH_FD(pwritev), WITH_FD(pwritev2), WITH_FD(read),
	WITH_FD(readahead), WITH_FD(readv), WITH_FD(splice),
	WITH_FD(sync_file_range), WITH_FD(syncfs), WITH_FD(write),
	WITH_FD(writev),
	WITHOUT_FD(clone), WITHOUT_FD(execve), WITHOUT_FD(execveat),
	WITHOUT_FD(exit), WITHOUT_FD(exit_group), WITHOUT_FD(futex),
	WITHOUT_FD(io_cancel), WITHOUT_FD(io_destroy),
	WITHOUT_FD(io_getevents), WITHOUT_FD(io_pgetevents),
	WITHOUT_FD(io_setup), WITHOUT_FD(io_submit), WITHOUT_FD(madvise),
	WITHOUT_FD(mmap), WITHOUT_FD(mount), WITHOUT_FD(mprotect),
	WITHOUT_FD(msync), WITHOUT_FD(munmap), WITHOUT_FD(newfstatat),
	WITHOUT_FD(openat), WITHOUT_FD(sendfile), WITHOUT_FD(statfs),
	WITHOUT_FD(swapoff), WITHOUT_FD(swapon), WITHOUT_FD(sync),
	WITHOUT_FD(truncate), WITHOUT_FD(umount2), WITHOUT_FD(unlinkat),
	WITHOUT_FD(wait4),
#ifdef SYS_io_uring_enter
	WITHOUT_FD(io_uring_enter),
#endif
#ifdef SYS_open
	WITHOUT_FD(open),
#endif
#ifdef SYS_stat
	WITHOUT_FD(stat),
#endif
#ifdef SYS_statx
	WITHOUT_FD(statx),
#endif
#ifdef SYS_unlink
	WITHOUT_FD(unlink),
#endif
#ifdef SYS_vfork
	WITHOUT_FD(vfork),
#endif
};

/* A captured tree says in "arch" which machine its numbers are of. */
static bool knows_numbers(const struct source *source)
{
	struct utsname name;
	char *arch;
	bool same;

	if (source->live)
		return sizeof(long) == 8;
	arch = source_line(source, "arch");
	same = arch && sizeof(long) == 8 && !uname(&name) &&
	       !strcmp(arch, name.machine);
	free(arch);
	return same;
}

static const struct call *find_call(long number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

/* ---- and what it works on ---- */

static void read_file_of_fd(const struct source *source,
			    struct task_call *call, pid_t tgid, pid_t tid)
{
	char name[32], *link, *line;
	struct task_fd fd;

	line = task_block_fd(source, tgid, tid, call->fd, &fd);
	if (line) {
		call->is_block = true;
		call->major = fd.major;
		call->minor = fd.minor;
		call->file = check_memory(strndup(fd.target, fd.len));
		free(line);
		return;
	}
	snprintf(name, sizeof(name), "fd/%d", call->fd);
	link = task_link(source, tgid, tid, name);
	if (link)
		call->file = escape_copy(link, strlen(link));
	free(link);
}

void task_call_read(const struct source *source, struct task_call *call,
		    pid_t tgid, pid_t tid)
{
	uint64_t fd, stack_pointer;
	const struct call *known = NULL;
	size_t size;
	long number;
	char *data;

	data = task_file(source, tgid, tid, "syscall", &size);
	/* "running", or -1 and fewer fields outside of any call. */
	if (!data || sscanf(data, "%ld %" SCNx64 " %*s %*s %*s %*s %*s %" SCNx64,
			    &number, &fd, &stack_pointer) != 3 ||
	    number < 0 || !stack_pointer) {
		free(data);
		return;
	}
	free(data);
	/* A stack below 4 GiB is that of a 32-bit program: other numbers. */
	if (stack_pointer >> 32 && knows_numbers(source))
		known = find_call(number);
	call->name = known ? say("%s", known->name) :
			     say("syscall %ld", number);
	/* A descriptor is an int; the rest of the register is arbitrary. */
	if (known && known->has_fd && (fd & 0xffffffff) <= INT_MAX) {
		call->fd = fd & 0xffffffff;
		read_file_of_fd(source, call, tgid, tid);
	}
}

void task_call_free(struct task_call *call)
{
	free(call->name);
	free(call->file);
	memset(call, 0, sizeof(*call));
}
