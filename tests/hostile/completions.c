// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag_completions, for the case clear-race: counts requests that are
 * completed twice, and makes nbd's own clearing of a queue and the knob meet.
 * nbd clears without config_lock when a signal ends NBD_DO_IT.
 */
#include <linux/blk-mq.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/string.h>

/* nbd begins to clear only after the knob has found that nobody does. */
static unsigned int clear_ms = 300;
module_param(clear_ms, uint, 0444);
MODULE_PARM_DESC(clear_ms, "Delay of nbd's clearing, in ms");

/* Then the knob waits for nbd to be at a request. */
static unsigned int knob_ms = 350;
module_param(knob_ms, uint, 0444);
MODULE_PARM_DESC(knob_ms, "Delay of the knob before it completes requests, in ms");

static unsigned int request_ms = 100;
module_param(request_ms, uint, 0444);
MODULE_PARM_DESC(request_ms, "Delay of nbd between its look at a request and its lock, in ms");

static atomic_t completed = ATOMIC_INIT(0);
static atomic_t twice = ATOMIC_INIT(0);
module_param_named(completed, completed.counter, int, 0444);
module_param_named(twice, twice.counter, int, 0444);
MODULE_PARM_DESC(completed, "Requests completed");
MODULE_PARM_DESC(twice, "Those of them that had been completed before");

/* Probes are at the first instruction: the return address is on top. */
static bool called_by(struct pt_regs *regs, const char *function)
{
	char text[64];

	snprintf(text, sizeof(text), "%ps",
		 *(void **)kernel_stack_pointer(regs));
	return !strncmp(text, function, strlen(function));
}

static int at_complete(struct kprobe *p, struct pt_regs *regs)
{
	struct request *rq = (void *)regs_get_kernel_argument(regs, 0);

	atomic_inc(&completed);
	if (!blk_mq_request_started(rq) || blk_mq_request_completed(rq))
		atomic_inc(&twice);
	return 0;
}

static int at_quiesce(struct kprobe *p, struct pt_regs *regs)
{
	if (called_by(regs, "cleanup_fail_requests"))
		mdelay(knob_ms);
	else if (called_by(regs, "nbd_clear_que") ||
		 called_by(regs, "nbd_ioctl") ||
		 called_by(regs, "nbd_start_device_ioctl"))
		mdelay(clear_ms);
	return 0;
}

static int at_lock(struct kprobe *p, struct pt_regs *regs)
{
	if (called_by(regs, "nbd_clear_req"))
		mdelay(request_ms);
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "blk_mq_complete_request", .pre_handler = at_complete },
	{ .symbol_name = "blk_mq_quiesce_queue", .pre_handler = at_quiesce },
	{ .symbol_name = "mutex_lock", .pre_handler = at_lock },
};

static struct kprobe *all_probes[ARRAY_SIZE(probes)];

static int __init completions_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		all_probes[i] = &probes[i];
	return register_kprobes(all_probes, ARRAY_SIZE(probes));
}

static void __exit completions_exit(void)
{
	unregister_kprobes(all_probes, ARRAY_SIZE(probes));
}

module_init(completions_init);
module_exit(completions_exit);
MODULE_DESCRIPTION("Counts block requests that are completed twice");
MODULE_LICENSE("GPL");
