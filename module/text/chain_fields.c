// SPDX-License-Identifier: GPL-2.0
/* Prints what is above a request: what was asked, by way of what, and by whom. */
#include <linux/ctype.h>
#include <linux/seq_file.h>

#include "text/chain_fields.h"
#include "text/values.h"

const char *rest_state_name(enum rest_state state)
{
	static const char * const names[REST_NR] = {
		[REST_STARTED] = "started",
		[REST_COMPLETE] = "complete",
		[REST_QUEUED] = "queued",
		[REST_FLUSHING] = "flushing",
		[REST_NO_PATH] = "no-path",
		[REST_SUSPENDED] = "suspended",
		[REST_THROTTLED] = "throttled",
		[REST_SUBMITTING] = "submitting",
	};

	return state < REST_NR ? names[state] : "-(unknown)";
}

/* The kernel puts a p between a name that ends in a digit and the partition. */
static void put_disk_name(struct seq_file *m, const struct disk_names *names,
			  const struct gendisk *disk, int part)
{
	const struct disk_name *name = disk_names_find(names, disk);
	size_t len;

	if (!name) {
		put_unknown(m, "removing");
		return;
	}
	len = strnlen(name->name, sizeof(name->name));
	seq_puts(m, name->name);
	if (part > 0)
		seq_printf(m, "%s%d", len && isdigit(name->name[len - 1]) ?
			   "p" : "", part);
}

void put_opened(struct seq_file *m, const struct disk_names *names,
		const struct opened *opened)
{
	put_disk_name(m, names, opened->disk, opened->part);
}

/* The highest disk that was met is what was asked, if nothing says better. */
static const struct gendisk *asked_disk(const struct chain_origin *origin,
					const struct gendisk *rests_at)
{
	u32 nr = min_t(u32, origin->nr_disks, CHAIN_DISKS);

	if (origin->opened.disk)
		return origin->opened.disk;
	return nr ? origin->disks[nr - 1] : rests_at;
}

static void put_via(struct seq_file *m, const struct disk_names *names,
		    const struct chain_origin *origin, const struct gendisk *asked,
		    const struct gendisk *rests_at)
{
	u32 i = min_t(u32, origin->nr_disks, CHAIN_DISKS);
	bool any = false;

	seq_puts(m, " via=");
	if (origin->nr_disks > CHAIN_DISKS) {
		put_unknown(m, "more");
		any = true;
	}
	while (i--) {
		if (origin->disks[i] == asked || origin->disks[i] == rests_at)
			continue;
		if (any)
			seq_putc(m, ',');
		put_disk_name(m, names, origin->disks[i], 0);
		any = true;
	}
	if (!any)
		seq_putc(m, '-');
}

/* Somebody may be above the highest disk that was met. */
static void put_lost(struct seq_file *m, const struct disk_names *names,
		     const struct chain_origin *origin,
		     const struct gendisk *rests_at, const char *why_not)
{
	seq_puts(m, " asked=");
	put_unknown(m, why_not);
	seq_puts(m, " fs=");
	put_unknown(m, why_not);
	put_via(m, names, origin, NULL, rests_at);
}

/* Without a bio, what is above the disk is not known, nor what is between. */
void put_asked(struct seq_file *m, const struct disk_names *names,
	       const struct chain_origin *origin,
	       const struct gendisk *rests_at, enum rest_state state,
	       const char *why_not)
{
	const struct gendisk *asked = asked_disk(origin, rests_at);

	if (why_not && !origin->opened.disk) {
		put_lost(m, names, origin, rests_at, why_not);
		return;
	}

	if (state == REST_SUBMITTING && !origin->opened.disk) {
		seq_puts(m, " asked=-(submitting) fs=-(submitting) via=-(submitting)");
		return;
	}
	seq_puts(m, " asked=");
	put_disk_name(m, names, asked,
		      origin->opened.disk ? origin->opened.part : 0);
	seq_puts(m, " fs=");
	if (*origin->opened.fs)
		put_string(m, origin->opened.fs, strlen(origin->opened.fs));
	else
		seq_putc(m, '-');
	if (state == REST_SUBMITTING && asked != rests_at)
		seq_puts(m, " via=-(submitting)");
	else
		put_via(m, names, origin, asked, rests_at);
}

void put_place(struct seq_file *m, enum rest_state state, u64 sector, u32 bytes)
{
	if (state == REST_SUBMITTING)
		seq_puts(m, " sector=-(submitting) bytes=-(submitting)");
	else
		seq_printf(m, " sector=%llu bytes=%u", sector, bytes);
}

void put_waits_for(struct seq_file *m, enum submit_wait wait)
{
	static const char * const names[] = {
		[SUBMIT_NO_WAIT] = "-",
		[SUBMIT_TAG] = "tag",
		[SUBMIT_WRITEBACK] = "writeback-limit",
		[SUBMIT_FROZEN] = "unfreeze",
	};

	seq_printf(m, " waits_for=%s", names[wait]);
}

const char *why_lost(const struct chain *chain, const struct bio *bio)
{
	if (chain->waiter != CHAIN_NOT_KNOWN || !bio)
		return NULL;
	return chain->why_not ? chain->why_not : "unreadable";
}

void put_waiter(struct seq_file *m, const struct chain *chain,
		const struct bio *bio)
{
	static const char * const names[] = {
		[CHAIN_AIO] = "aio",
		[CHAIN_TASK] = "task",
		[CHAIN_URING] = "io-uring",
		[CHAIN_PAGE_CACHE] = "page-cache",
		[CHAIN_WRITEBACK] = "writeback",
		[CHAIN_SWAP] = "swap",
	};

	seq_puts(m, " who=");
	if (chain->waiter != CHAIN_NOT_KNOWN)
		seq_puts(m, names[chain->waiter]);
	else if (!bio)
		put_unknown(m, "no-bio");
	else
		put_unknown(m, why_lost(chain, bio));
}

void put_end_io(struct seq_file *m, const void *end_io)
{
	char name[64];

	seq_puts(m, " end_io=");
	if (!end_io) {
		seq_putc(m, '-');
		return;
	}
	snprintf(name, sizeof(name), "%ps", end_io);
	/* A module's name follows, or there is no name but an address. */
	name[strcspn(name, " ")] = '\0';
	if (strstarts(name, "0x"))
		put_unknown(m, "no-symbol");
	else
		seq_puts(m, name);
}
