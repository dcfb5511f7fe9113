// SPDX-License-Identifier: GPL-2.0
/*
 * For LD_PRELOAD: in the process of the reader that reads memory this hangs,
 * or there is none.
 *
 *	HANG=wait	before it; the process is in D until it is killed
 *	HANG=hold	in the kernel, which has got what it wants, and holds the
 *			other's address space
 *	HANG=fork	there can be none
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* A parent of vfork(2) waits until its child ends, which this one does not. */
static void wait_in_d(void)
{
	if (vfork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

/* A page that nobody fills: the kernel waits when it writes there. */
static void *endless_page(size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	reg.range.start = (unsigned long)page;
	reg.range.len = size;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg))
		_exit(1);
	return page;
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	const char *how = getenv("HANG");
	char name[16];

	prctl(PR_GET_NAME, name);
	if (how && !strcmp(name, "nbddiag-peek")) {
		if (!strcmp(how, "wait"))
			wait_in_d();
		else
			buffer = endless_page(sysconf(_SC_PAGESIZE));
	}
	return syscall(SYS_pread64, fd, buffer, size, offset);
}

pid_t fork(void)
{
	__typeof__(fork) *next = (__typeof__(fork) *)dlsym(RTLD_NEXT, "fork");
	const char *how = getenv("HANG");
	char name[16];

	prctl(PR_GET_NAME, name);
	if (!how || strcmp(how, "fork") || strcmp(name, "nbddiag"))
		return next();
	errno = EAGAIN;
	return -1;
}
