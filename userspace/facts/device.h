/* SPDX-License-Identifier: GPL-2.0 */
/* The file of one nbd device. */
#ifndef NBDDIAG_DEVICE_H
#define NBDDIAG_DEVICE_H

#include "facts/text.h"
#include "host/source.h"

/**
 * device_names() - the names of all nbd devices, in the order of their numbers
 * @source: where to look
 *
 * Return: an array for source_free_names(). Ends the program if the module's
 * files are not readable.
 */
char **device_names(const struct source *source);

#define DEVICE_NAME_LEN 16

/**
 * device_plain_name() - a device's name as the kernel has it
 * @plain: filled, DEVICE_NAME_LEN bytes
 * @name: "nbd101", "/dev/nbd101" or "101"; anything else ends the program
 *
 * Return: @plain.
 */
const char *device_plain_name(char *plain, const char *name);

/**
 * device_read() - read a device's file
 * @source: where to look
 * @text: filled, for text_free()
 * @name: "nbd101", "/dev/nbd101" or "101"
 *
 * Ends the program if there is no such device, saying which there are, or if
 * lines are missing.
 */
void device_read(const struct source *source, struct text *text,
		 const char *name);

/**
 * device_try_read() - the same for a device that may have gone
 * @source: where to look
 * @text: filled, for text_free()
 * @name: as in device_names()
 *
 * Return: false if there is no such device any more.
 */
bool device_try_read(const struct source *source, struct text *text,
		     const char *name);

/**
 * device_peer() - the name at the other end of the sockets
 * @text: the device's file
 * @rest: set to how many sockets have another name, or none
 *
 * Return: the first name that a socket has, as it is printed; not given if
 * there is none.
 */
struct value device_peer(const struct text *text, size_t *rest);

#endif /* NBDDIAG_DEVICE_H */
