/* SPDX-License-Identifier: GPL-2.0 */
/* Is a device served by different volumes at once? */
#ifndef NBDDIAG_MIXED_H
#define NBDDIAG_MIXED_H

#include <stdbool.h>

#include "facts/text.h"

/**
 * struct mixed - two servers of a device, which have different names
 * @first: name of the one, as in the file
 * @other: of the other one
 */
struct mixed {
	struct value first;
	struct value other;
};

/**
 * mixed_find() - is it sure that a device is served by different volumes?
 * @mixed: filled if so; it points into @text
 * @text: the device's file
 * @device: its name, as "nbd101"
 *
 * That is judged by the names of sockets that a receiver serves. Over TCP different
 * addresses may lead to one volume, and nothing is sure.
 */
bool mixed_find(struct mixed *mixed, const struct text *text,
		const char *device);

/**
 * mixed_is_possible() - need the device's file be read for this?
 * @brief: what "devices" says of the device, from brief_parse()
 */
bool mixed_is_possible(const struct text *brief);

#endif /* NBDDIAG_MIXED_H */
