// SPDX-License-Identifier: GPL-2.0
/* How single values are written: strings, what is not known, flags, tasks. */
#include "access/escape.h"
#include "text/values.h"

void put_string(struct seq_file *m, const void *bytes, size_t len)
{
	/* The longest strings are backends; see escape_string() for the room. */
	char text[4 * 64 + 3];
	const char *from = bytes;
	size_t done;

	seq_putc(m, '"');
	while (len) {
		done = escape_string(text, sizeof(text), from, len);
		if (!done)
			break;
		/* Without the quotes of this piece. */
		text[strlen(text) - 1] = '\0';
		seq_puts(m, text + 1);
		from += done;
		len -= done;
	}
	seq_putc(m, '"');
}

void put_unknown(struct seq_file *m, const char *reason)
{
	seq_printf(m, "-(%s)", reason);
}

void put_number(struct seq_file *m, const char *key, struct known number)
{
	seq_puts(m, key);
	if (number.why_not)
		put_unknown(m, number.why_not);
	else
		seq_printf(m, "%lld", number.value);
}

const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

void put_truth(struct seq_file *m, const char *key, struct known truth)
{
	seq_puts(m, key);
	if (truth.why_not)
		put_unknown(m, truth.why_not);
	else
		seq_puts(m, yes_no(truth.value));
}

void put_hex(struct seq_file *m, const char *key, struct known bits)
{
	seq_puts(m, key);
	if (bits.why_not)
		put_unknown(m, bits.why_not);
	else
		seq_printf(m, "0x%llx", bits.value);
}

static void put_bits(struct seq_file *m, unsigned long flags,
		     const char * const *names, unsigned int nr)
{
	unsigned int bit;

	seq_printf(m, "0x%lx", flags);
	for (bit = 0; bit < BITS_PER_LONG; bit++) {
		if (!(flags & BIT(bit)))
			continue;
		if (bit < nr && names[bit])
			seq_printf(m, " %s", names[bit]);
		else
			seq_printf(m, " bit%u", bit);
	}
}

void put_flags(struct seq_file *m, const char *key, struct known flags,
	       const char * const *names, unsigned int nr)
{
	seq_puts(m, key);
	if (flags.why_not)
		put_unknown(m, flags.why_not);
	else
		put_bits(m, flags.value, names, nr);
	seq_putc(m, '\n');
}

void put_task(struct seq_file *m, const char *key,
	      const struct task_snap *task)
{
	seq_puts(m, key);
	switch (task->found) {
	case TASK_NONE:
		seq_putc(m, '-');
		break;
	case TASK_GONE:
		seq_puts(m, "gone");
		if (task->pid)
			seq_printf(m, " pid=%d", task->pid);
		break;
	case TASK_ALIVE:
		seq_printf(m, "pid=%d tgid=%d comm=", task->pid, task->tgid);
		put_string(m, task->comm, strlen(task->comm));
		seq_printf(m, " state=%c", task->state);
		if (task->has_device != UNKNOWN)
			seq_printf(m, " has_device_open=%s",
				   yes_no(task->has_device == YES));
		break;
	case TASK_UNREADABLE:
		put_unknown(m, task->why_not);
		break;
	}
}

static const char *op_name(u32 op)
{
	switch (op) {
	case (__force u32)REQ_OP_READ:
		return "read";
	case (__force u32)REQ_OP_WRITE:
		return "write";
	case (__force u32)REQ_OP_FLUSH:
		return "flush";
	case (__force u32)REQ_OP_DISCARD:
		return "discard";
	case (__force u32)REQ_OP_WRITE_ZEROES:
		return "write-zeroes";
	default:
		return NULL;
	}
}

void put_op(struct seq_file *m, u32 op)
{
	const char *name = op_name(op);

	if (name)
		seq_puts(m, name);
	else
		seq_printf(m, "%u", op);
}

/* The clock of a request may have been read a little ahead of ours. */
void put_age(struct seq_file *m, const char *key, u64 now, u64 start)
{
	seq_puts(m, key);
	if (!start)
		put_unknown(m, "not-recorded");
	else
		seq_printf(m, "%llu", now > start ? now - start : 0);
}
