// SPDX-License-Identifier: GPL-2.0
/* What keeps a device and is no process: swap, device mapper, md, loop. */
#include <string.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "holders/search.h"
#include "host/swaps.h"

/* ---- swap ---- */

/* A file is none of the device's opens, but keeps its filesystem mounted. */
static void search_swap(struct search *search)
{
	const struct swap *swap;
	struct swaps swaps;
	struct block *block;
	size_t i;

	swaps_read(search->source, &swaps);
	for (i = 0; i < swaps.nr; i++) {
		swap = &swaps.swap[i];
		block = *swap->on.name ? search_number(search, swap->on.major,
						       swap->on.minor) : NULL;
		if (!block)
			continue;
		search_add(search, HOLDER_SWAP, block)->what =
			escape_copy(swap->path, strlen(swap->path));
		if (search_is_own(search, block) && swap_is_device(swap->path))
			search->holders->opens++;
	}
	swaps_free(&swaps);
}

/* ---- other block devices ---- */

static void add_device(struct search *search, const struct edge *edge)
{
	struct block *below = &search->block[edge->below];
	const struct block *above = &search->block[edge->above];
	struct holder *holder = search_add(search, HOLDER_DEVICE, below);

	/* What people call it: dm devices have a name besides their number. */
	holder->what = check_memory(strdup(above->map ? above->map :
					   above->disk.name));
	holder->path = say("/dev/%s", above->disk.name);
	if (edge->is_open && search_is_own(search, below))
		search->holders->opens++;
}

void search_devices(struct search *search)
{
	size_t i;

	search_swap(search);
	for (i = 0; i < search->nr_edges; i++)
		add_device(search, &search->edge[i]);
}
