/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How single values are written in all files, see nbddiag(4), FORMAT. A key is
 * what stands before the value: a blank or the end of a line, the name, "=" or
 * ": ".
 */
#ifndef NBDDIAG_VALUES_H
#define NBDDIAG_VALUES_H

#include <linux/seq_file.h>

#include "access/known.h"
#include "access/task.h"

/* The first line of a file. */
#define FORMAT "format: 1\n"

/* Any bytes, in quotes and escaped. */
void put_string(struct seq_file *m, const void *bytes, size_t len);

/* A reason is lower-case words joined by hyphens. */
void put_unknown(struct seq_file *m, const char *reason);

void put_number(struct seq_file *m, const char *key, struct known number);

/* yes, no, or why it is not known. */
void put_truth(struct seq_file *m, const char *key, struct known truth);

const char *yes_no(bool yes);

/* Flags as a number alone. */
void put_hex(struct seq_file *m, const char *key, struct known bits);

/*
 * A number, the names of its bits, and the end of the line. A bit without one
 * of the @nr names, which may be NULL, is shown by its number.
 */
void put_flags(struct seq_file *m, const char *key, struct known flags,
	       const char * const *names, unsigned int nr);

/* A task, or that there is none. */
void put_task(struct seq_file *m, const char *key,
	      const struct task_snap *task);

/* The operation of a request, REQ_OP_*. */
void put_op(struct seq_file *m, u32 op);

/* How long ago something began, both by ktime_get_ns(); 0: it is not recorded. */
void put_age(struct seq_file *m, const char *key, u64 now, u64 start);

#endif /* NBDDIAG_VALUES_H */
