/* SPDX-License-Identifier: GPL-2.0 */
/* How single values are written in all files, see nbddiag(4), FORMAT. */
#ifndef NBDDIAG_VALUES_H
#define NBDDIAG_VALUES_H

#include <linux/seq_file.h>

#include "access/task.h"
#include "layout/layout.h"

/* The first line of a file. */
#define FORMAT "format: 1\n"

/**
 * put_string() - in quotes and escaped
 * @m: where to
 * @bytes: any bytes
 * @len: how many
 */
void put_string(struct seq_file *m, const void *bytes, size_t len);

/**
 * put_unknown() - that something is not known
 * @m: where to
 * @reason: lower-case words with hyphens
 */
void put_unknown(struct seq_file *m, const char *reason);

/**
 * put_unknown_line() - that a member is not known, and the end of the line
 * @m: where to
 * @member: the member of a private structure
 */
void put_unknown_line(struct seq_file *m, enum layout_member_id member);

/**
 * why_unknown() - why a member of a private structure has no value to show
 * @member: the member
 */
const char *why_unknown(enum layout_member_id member);

/**
 * put_member() - a count from a private structure
 * @m: where to
 * @key: what stands before it
 * @value: negative if it is not known
 * @member: the member it was read from
 */
void put_member(struct seq_file *m, const char *key, s64 value,
		enum layout_member_id member);

/**
 * put_count() - a count from a public structure
 * @m: where to
 * @key: what stands before it
 * @value: negative if it could not be read
 */
void put_count(struct seq_file *m, const char *key, s64 value);

/**
 * put_if_known() - a number, or why it is not known
 * @m: where to
 * @key: what stands before it
 * @value: the number
 * @why_not: NULL, or the reason
 */
void put_if_known(struct seq_file *m, const char *key, s64 value,
		  const char *why_not);

/**
 * yes_no() - a truth value in words
 * @yes: the value
 */
const char *yes_no(bool yes);

/**
 * put_tristate() - yes, no, or not known
 * @m: where to
 * @value: the value
 * @member: the member it was read from
 */
void put_tristate(struct seq_file *m, enum tristate value,
		  enum layout_member_id member);

/**
 * put_flags() - a number, the names of its bits, and the end of the line
 * @m: where to
 * @flags: the number
 * @names: by bit, NULL for a bit without a name
 * @nr: how many
 */
void put_flags(struct seq_file *m, unsigned long flags,
	       const char * const *names, unsigned int nr);

/**
 * put_task() - a task, or that there is none
 * @m: where to
 * @task: the task
 * @member: the member that named it
 */
void put_task(struct seq_file *m, const struct task_snap *task,
	      enum layout_member_id member);

/**
 * put_op() - the operation of a request
 * @m: where to
 * @op: REQ_OP_*
 */
void put_op(struct seq_file *m, u32 op);

/**
 * put_age() - how long ago something began
 * @m: where to
 * @key: what stands before it
 * @now: by ktime_get_ns()
 * @start: likewise; 0 if it is not known
 */
void put_age(struct seq_file *m, const char *key, u64 now, u64 start);

#endif /* NBDDIAG_VALUES_H */
