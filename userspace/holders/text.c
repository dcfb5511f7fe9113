// SPDX-License-Identifier: GPL-2.0
/* What keeps a device, in a line for people. */
#include <stdio.h>

#include "base/fail.h"
#include "holders/holders.h"

const char *holder_kind_name(enum holder_kind kind)
{
	static const char *const names[] = {
		[HOLDER_PROCESS] = "process", [HOLDER_THREAD] = "thread",
		[HOLDER_MOUNT] = "mount", [HOLDER_SWAP] = "swap",
		[HOLDER_PARTITION] = "partition", [HOLDER_DEVICE] = "holder",
		[HOLDER_AIO] = "aio", [HOLDER_URING] = "io-uring",
		[HOLDER_RING_UNOWNED] = "io-uring",
	};

	return names[kind];
}

char *holder_text(const struct holder *holder)
{
	const struct task *task = &holder->task;
	char *text = NULL;
	size_t size;
	FILE *out = check_memory(open_memstream(&text, &size));

	if (task->tid)
		fprintf(out, "%s[%d] ", task->comm, (int)task->tid);
	if (task->tid && task->tid != task->tgid)
		fprintf(out, "of process %d ", (int)task->tgid);
	if (holder->fds)
		fprintf(out, "descriptor %s, state %c", holder->fds,
			task->state);
	else
		fputs(holder->what ? holder->what : holder->device, out);
	if (holder->fds && task->function)
		fprintf(out, ", sleeps in %s", task->function);
	if (holder->via)
		fprintf(out, ", by way of %s", holder->via);
	if (fclose(out))
		text = NULL;
	return check_memory(text);
}
