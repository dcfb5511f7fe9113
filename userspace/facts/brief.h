/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the file "devices" says of a device: as much as a list of devices needs,
 * so that the file of none of them has to be read. One of an older module says
 * less.
 */
#ifndef NBDDIAG_BRIEF_H
#define NBDDIAG_BRIEF_H

#include <stdbool.h>

#include "facts/device.h"
#include "facts/text.h"

/**
 * brief_parse() - take a line of "devices" as if it were the device's file
 * @text: filled with the keys and fields of that file that the line has, of
 *	sockets the first with a name at its other end; for text_free()
 * @line: of "devices", which has been taken apart
 */
void brief_parse(struct text *text, const char *line);

/**
 * brief_find() - find the line of a device
 * @devices: the file, or empty
 * @at: where to begin, 0 at first; moved on. Devices and lines have the same order mostly
 *
 * Return: NULL if there is none.
 */
const char *brief_find(const struct text *devices, const char *name,
		       size_t *at);

/**
 * brief_is_free() - is a device free, so that nothing else need be known of it?
 * @line: of "devices", or NULL
 *
 * Return: false also if nbd's lock was held while it was read: whoever has it may hang,
 * and every attach then does.
 */
bool brief_is_free(const char *line);

/**
 * brief_peers() - the same as device_peers()
 * @text: from brief_parse()
 *
 * Return: false if the line does not say it. There is no other name then, nor
 * otherwise, as only the first one is said.
 */
bool brief_peers(const struct text *text, struct device_peers *peers);

#endif /* NBDDIAG_BRIEF_H */
