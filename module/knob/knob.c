// SPDX-License-Identifier: GPL-2.0
/* The knob: its files, who may write to it, and what came of a command. */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>

#include "access/escape.h"
#include "access/memory.h"
#include "knob/knob.h"
#include "knob/run.h"

#define MESSAGE_MAX 320

static bool allow_cleanup;
module_param(allow_cleanup, bool, 0444);
MODULE_PARM_DESC(allow_cleanup, "Let /sys/kernel/nbddiag/cleanup shut orphaned sockets and fail hung requests");

/* What the last command came to, for the file last. */
struct report {
	bool any;
	enum cleanup_verdict verdict;
	time64_t time;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool has_loginuid;
	uid_t loginuid;
	char command[CLEANUP_COMMAND_MAX];
	size_t command_len;
	u32 sockets_shut;
	s64 sockets_left;
	s64 sockets_held;
	u32 requests_failed;
	s64 requests_left;
	char message[MESSAGE_MAX];
};

/* One command at a time; the lock of the report is only held to copy it. */
static DEFINE_MUTEX(knob_lock);
static DEFINE_MUTEX(report_lock);
static struct report last;
static struct kobject *knob_dir;

/* ---- the report ---- */

static void say_who(struct report *r)
{
	kuid_t loginuid = audit_get_loginuid(current);

	r->time = ktime_get_real_seconds();
	r->pid = task_tgid_nr_ns(current, &init_pid_ns);
	get_task_comm(r->comm, current);
	r->has_loginuid = uid_valid(loginuid);
	r->loginuid = from_kuid(&init_user_ns, loginuid);
}

static void say_message(struct report *r, const struct cleanup *c)
{
	size_t len = 0;

	if (!c->acted) {
		strscpy(r->message, cleanup_meaning(c->verdict)->sentence,
			sizeof(r->message));
		return;
	}
	if (c->command.action == CLEANUP_SOCKETS)
		len = scnprintf(r->message, sizeof(r->message),
				"shut %u sockets, %lld remain, %lld are held by a process and stay",
				r->sockets_shut, r->sockets_left,
				r->sockets_held);
	else
		len = scnprintf(r->message, sizeof(r->message),
				"failed %u requests with an I/O error, %lld remain",
				r->requests_failed, r->requests_left);
	if (c->verdict == CLEANUP_PARTIAL && c->why != CLEANUP_OK)
		len += scnprintf(r->message + len, sizeof(r->message) - len,
				 ": %s", cleanup_meaning(c->why)->sentence);
	if (c->verdict == CLEANUP_PARTIAL)
		scnprintf(r->message + len, sizeof(r->message) - len, " (%s)",
			  cleanup_meaning(c->verdict)->sentence);
}

static void say_counts(struct report *r, const struct cleanup *c)
{
	const struct nbd_facts *f = &c->snap.facts;

	r->verdict = c->verdict;
	r->sockets_shut = c->shut;
	r->sockets_left = -1;
	r->sockets_held = -1;
	r->requests_failed = c->failed;
	r->requests_left = -1;
	if (!c->acted)
		return;
	if (c->command.action == CLEANUP_SOCKETS) {
		r->sockets_left = c->verdict == CLEANUP_OK ? 0 :
			cleanup_strays(f);
		r->sockets_held = f->held;
	} else {
		r->requests_left = c->left;
	}
}

static const char *result_word(enum cleanup_verdict verdict)
{
	switch (verdict) {
	case CLEANUP_OK:
		return "done";
	case CLEANUP_PARTIAL:
		return "partial";
	default:
		return "refused";
	}
}

static void quote_comm(char *dst, size_t size, const char *comm)
{
	escape_string(dst, size, comm, strnlen(comm, TASK_COMM_LEN));
}

static void log_report(const struct report *r, const struct cleanup *c)
{
	char comm[4 * TASK_COMM_LEN + 3], loginuid[16] = "-";

	quote_comm(comm, sizeof(comm), r->comm);
	if (r->has_loginuid)
		snprintf(loginuid, sizeof(loginuid), "%u", r->loginuid);
	if (c->command.device[0])
		pr_notice("%s: %s: %s: %s (by pid %d %s, loginuid %s)\n",
			  c->command.device,
			  cleanup_action_text(c->command.action),
			  result_word(r->verdict), r->message, r->pid, comm,
			  loginuid);
	else if (r->verdict == CLEANUP_NOT_PRIVILEGED)
		/* Who may do nothing must not be able to fill the log. */
		pr_notice_ratelimited("cleanup: refused: %s (by pid %d %s, loginuid %s)\n",
				      r->message, r->pid, comm, loginuid);
	else
		pr_notice("cleanup: refused: %s (by pid %d %s, loginuid %s)\n",
			  r->message, r->pid, comm, loginuid);
}

static void publish_report(const struct report *r)
{
	mutex_lock(&report_lock);
	last = *r;
	mutex_unlock(&report_lock);
}

/* ---- the files ---- */

/*
 * The file's mode is not enough: sysfs may be writable in a container. Nor is
 * who writes: an unprivileged process may open the file and have a privileged
 * one write to it, for example as its standard output. So both, at each write.
 */
static bool is_privileged(const struct file *file)
{
	return capable(CAP_SYS_ADMIN) &&
	       file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN);
}

/* Return: CLEANUP_OK if the command may be carried out. */
static enum cleanup_verdict check_command(struct cleanup *c, const struct file *file,
					  const char *text, size_t len)
{
	if (!is_privileged(file))
		return CLEANUP_NOT_PRIVILEGED;
	if (!allow_cleanup)
		return CLEANUP_OFF;
	return cleanup_parse(&c->command, text, len) ?
		CLEANUP_OK : CLEANUP_MALFORMED;
}

static int carry_out(const struct file *file, const char *text, size_t len)
{
	struct cleanup *c = kzalloc(sizeof(*c), GFP_READ);
	struct report *r = kzalloc(sizeof(*r), GFP_READ);
	int err = -ENOMEM;

	if (!c || !r)
		goto out;
	r->any = true;
	r->command_len = min(len, sizeof(r->command));
	if (r->command_len && text[r->command_len - 1] == '\n')
		r->command_len--;
	memcpy(r->command, text, r->command_len);
	say_who(r);
	c->verdict = check_command(c, file, text, len);
	if (c->verdict == CLEANUP_OK)
		cleanup_run(c);
	else
		c->command.device[0] = '\0';
	say_counts(r, c);
	say_message(r, c);
	log_report(r, c);
	publish_report(r);
	err = -cleanup_meaning(r->verdict)->error;
out:
	kfree(r);
	kfree(c);
	return err;
}

static ssize_t cleanup_write(struct file *file, struct kobject *dir,
			     COMPAT_BIN_ATTRIBUTE *attr, char *text,
			     loff_t pos, size_t len)
{
	unsigned int noio;
	int err;

	err = mutex_lock_killable(&knob_lock);
	if (err)
		return err;
	noio = memalloc_noio_save();
	err = carry_out(file, text, len);
	memalloc_noio_restore(noio);
	mutex_unlock(&knob_lock);
	return err ? err : len;
}

static ssize_t cleanup_read(struct file *file, struct kobject *dir,
			    COMPAT_BIN_ATTRIBUTE *attr, char *text,
			    loff_t pos, size_t len)
{
	static const char off[] = "off: load nbddiag with allow_cleanup=1\n";

	return memory_read_from_buffer(text, len, &pos, off, sizeof(off) - 1);
}

/* What remains is known only of what the command was about. */
static int put_remainder(char *text, int n, const char *key, s64 value)
{
	if (value < 0)
		return sysfs_emit_at(text, n, "%s: -\n", key);
	return sysfs_emit_at(text, n, "%s: %lld\n", key, value);
}

static int show_report(const struct report *r, char *text, int n)
{
	const struct cleanup_meaning *meaning = cleanup_meaning(r->verdict);
	char quoted[4 * CLEANUP_COMMAND_MAX + 3];

	n += sysfs_emit_at(text, n, "result: %s\nreason: %s\nerrno: %d\n",
			   result_word(r->verdict), meaning->word,
			   meaning->error);
	quote_comm(quoted, sizeof(quoted), r->comm);
	n += sysfs_emit_at(text, n, "time_s: %lld\nby: pid=%d comm=%s", r->time,
			   r->pid, quoted);
	if (r->has_loginuid)
		n += sysfs_emit_at(text, n, " loginuid=%u\n", r->loginuid);
	else
		n += sysfs_emit_at(text, n, " loginuid=-\n");
	escape_string(quoted, sizeof(quoted), r->command, r->command_len);
	n += sysfs_emit_at(text, n, "command: %s\n", quoted);
	n += sysfs_emit_at(text, n, "sockets_shut: %u\n", r->sockets_shut);
	n += put_remainder(text, n, "sockets_left", r->sockets_left);
	n += put_remainder(text, n, "sockets_held", r->sockets_held);
	n += sysfs_emit_at(text, n, "requests_failed: %u\n",
			   r->requests_failed);
	n += put_remainder(text, n, "requests_left", r->requests_left);
	n += sysfs_emit_at(text, n, "message: \"%s\"\n", r->message);
	return n;
}

static ssize_t last_show(struct kobject *dir, struct kobj_attribute *attr,
			 char *text)
{
	int n = sysfs_emit(text, "format: 1\nallowed: %s\n",
			   allow_cleanup ? "yes" : "no");

	mutex_lock(&report_lock);
	if (last.any)
		n = show_report(&last, text, n);
	else
		n += sysfs_emit_at(text, n, "result: none\n");
	mutex_unlock(&report_lock);
	return n;
}

/* Binary, because only such a file's operations learn who opened it. */
static struct bin_attribute cleanup_attr = {
	.attr = { .name = "cleanup", .mode = 0600 },
	.read = cleanup_read,
	.write = cleanup_write,
};

static struct kobj_attribute last_attr = __ATTR(last, 0400, last_show, NULL);

int cleanup_init(void)
{
	int err;

	if (allow_cleanup)
		cleanup_attr.attr.mode = 0200;
	knob_dir = kobject_create_and_add("nbddiag", kernel_kobj);
	if (!knob_dir)
		return -ENOMEM;
	err = sysfs_create_file(knob_dir, &last_attr.attr);
	if (!err)
		err = sysfs_create_bin_file(knob_dir, &cleanup_attr);
	/* With what is in it. */
	if (err)
		kobject_put(knob_dir);
	return err;
}

void cleanup_exit(void)
{
	sysfs_remove_bin_file(knob_dir, &cleanup_attr);
	sysfs_remove_file(knob_dir, &last_attr.attr);
	kobject_put(knob_dir);
}
