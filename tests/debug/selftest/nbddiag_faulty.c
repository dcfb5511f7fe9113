// SPDX-License-Identifier: GPL-2.0
/*
 * Does one thing that no module may do, so that the test-bed can be seen to
 * notice it. Only ever loaded into a machine for tests.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

static char *fault;
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "what to do wrong");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static char __rcu *protected;
static int counter;

/* What the compiler must not know in advance. */
static int shift = 40;
module_param(shift, int, 0444);

static void use_after_free(void)
{
	char *p = kmalloc(64, GFP_KERNEL);

	kfree(p);
	if (p)
		WRITE_ONCE(counter, READ_ONCE(p[10]));
}

static void leak(void)
{
	char *p = kmalloc(1234, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
}

static void sleep_under_rcu(void)
{
	rcu_read_lock();
	mutex_lock(&first);
	mutex_unlock(&first);
	rcu_read_unlock();
}

static void read_without_rcu(void)
{
	WRITE_ONCE(counter, !!rcu_dereference(protected));
}

static void wrong_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void shift_too_far(void)
{
	counter = 1 << shift;
}

static void hang(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(8 * HZ);
}

static int increment(void *unused)
{
	while (!kthread_should_stop())
		counter++;
	return 0;
}

static void race(void)
{
	struct task_struct *other = kthread_run(increment, NULL, "racer");
	unsigned long end = jiffies + 5 * HZ;

	if (IS_ERR(other))
		return;
	while (time_before(jiffies, end)) {
		counter++;
		barrier();
	}
	kthread_stop(other);
}

static const struct {
	const char *name;
	void (*commit)(void);
} faults[] = {
	{ "use-after-free", use_after_free },
	{ "leak", leak },
	{ "sleep-under-rcu", sleep_under_rcu },
	{ "read-without-rcu", read_without_rcu },
	{ "wrong-order", wrong_order },
	{ "shift-too-far", shift_too_far },
	{ "hang", hang },
	{ "race", race },
};

static int __init faulty_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (fault && !strcmp(fault, faults[i].name)) {
			faults[i].commit();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("faults for the test-bed to find");
MODULE_LICENSE("GPL");
