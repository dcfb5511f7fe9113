/* SPDX-License-Identifier: GPL-2.0 */
/* Which virtual machine a process is. */
#ifndef NBDDIAG_GUEST_H
#define NBDDIAG_GUEST_H

#include <sys/types.h>

#include "host/source.h"

/**
 * guest_name() - the name of the virtual machine that a process runs
 *
 * By the process's cgroup, as systemd and libvirt name it, or by the option
 * -name of QEMU; this is the file proc/PID/guest of a captured tree.
 *
 * Return: escaped, for free(); NULL if it is none, or that is not known.
 */
char *guest_name(const struct source *source, pid_t tgid);

#endif /* NBDDIAG_GUEST_H */
