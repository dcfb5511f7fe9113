// SPDX-License-Identifier: GPL-2.0
/* Says of AIO requests that were found at no device in whose hands they are. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "access/memory.h"
#include "object/dio_works.h"
#include "snapshot/aio_collect.h"

/* Those in the hands of others say so themselves. */
static bool is_searched(const struct aio_request *request)
{
	return !request->found && !request->submitting && !request->complete &&
	       (request->kind == AIO_REQUEST_READ ||
		request->kind == AIO_REQUEST_WRITE);
}

/* ---- with a filesystem ---- */

static bool may_be_with_fs(const struct aio_request *request)
{
	return is_searched(request) && request->direct &&
	       request->kind == AIO_REQUEST_WRITE && request->opened.sb &&
	       request->where == AIO_AT_UNKNOWN;
}

static void mark_with_fs(const struct kiocb *kiocb, void *data)
{
	const void *aio = (const void *)kiocb - layout_offset(LM_AIO_KIOCB_RW);
	struct aio_request *request = aio_request_find(data, aio);

	if (request && may_be_with_fs(request))
		request->where = AIO_AT_FS;
}

/* A host has few filesystems that are written to in this way. */
static void find_at_fs(struct aio_snap *snap)
{
	const struct super_block *seen[AIO_FS_MAX];
	struct symbol_cache *functions;
	u32 nr = 0, i, j;

	functions = kvzalloc(sizeof(*functions), GFP_READ);
	if (!functions)
		return;
	dio_works_functions(functions);
	for (i = 0; i < snap->nr_requests && nr < AIO_FS_MAX; i++) {
		const struct aio_request *request = &snap->requests[i];

		if (!may_be_with_fs(request))
			continue;
		for (j = 0; j < nr && seen[j] != request->opened.sb; j++)
			;
		if (j < nr)
			continue;
		seen[nr++] = request->opened.sb;
		dio_works_each(functions, request->opened.sb, mark_with_fs,
			       snap);
	}
	kvfree(functions);
}

/* ---- with a driver ---- */

/*
 * What a driver of bios was sent by way of no filesystem, and is in no queue, in
 * no list that is known, and in nobody's hands, only a driver can have: that one,
 * or one below it.
 */
static void find_at_drivers(struct aio_snap *snap)
{
	u32 i;

	for (i = 0; i < snap->nr_requests; i++) {
		struct aio_request *request = &snap->requests[i];
		const struct disk_name *name;

		if (!is_searched(request) || !request->direct ||
		    request->opened.sb || snap->why_no_owed)
			continue;
		name = disk_names_find(snap->names, request->opened.disk);
		if (name && name->keeps_bios)
			request->where = AIO_AT_DRIVER;
	}
}

void aio_where_find(struct aio_snap *snap)
{
	if (snap->scan != AIO_SCAN_DEEP || snap->why_no_requests || !snap->names)
		return;
	find_at_fs(snap);
	find_at_drivers(snap);
}
