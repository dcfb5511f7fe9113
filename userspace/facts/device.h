/* SPDX-License-Identifier: GPL-2.0 */
/* The file of one nbd device. */
#ifndef NBDDIAG_DEVICE_H
#define NBDDIAG_DEVICE_H

#include "base/fail.h"
#include "facts/text.h"
#include "host/source.h"

/**
 * device_names() - the names of all nbd devices, in the order of their numbers
 *
 * On the host itself these are the lines of "devices"; each file has one, too. In a
 * capture they are also devices of which it has the file only.
 *
 * Return: an array for source_free_names(). Ends the program if the module's
 * files are not readable.
 */
char **device_names(const struct source *source);

/**
 * device_names_with() - the same, of which no file need be readable
 * @devices: the file "devices", or empty
 */
char **device_names_with(const struct source *source,
			 const struct text *devices);

#define DEVICE_NAME_LEN 16

/**
 * device_plain_name() - a device's name as the kernel has it
 * @plain: filled, DEVICE_NAME_LEN bytes
 * @name: "nbd101", "/dev/nbd101" or "101", or a partition of it as
 *	"/dev/nbd101p1"; anything else ends the program
 *
 * Return: @plain.
 */
const char *device_plain_name(char *plain, const char *name);

/**
 * device_read_or_say() - read a device's file, or say what is wrong
 * @name: as "nbd101"
 *
 * If a capture lacks the file of a device that was there, that is EXIT_DATA, and not
 * EXIT_NO_SUCH.
 *
 * Return: as modfile_read_or_say().
 */
char *device_read_or_say(const struct source *source, struct text *text,
			 const char *name, enum exit_status *status);

/**
 * device_says_missing() - that there is no such device, and which there are
 * @status: set
 *
 * Return: a message for free(). Ends the program if the module's files are not
 * readable.
 */
char *device_says_missing(const struct source *source, const char *name,
			  enum exit_status *status);

/* As device_plain_name(), but tells it by its return value if it is anything else. */
bool device_is_named(char *plain, const char *name);

/**
 * device_has_plain_name() - is it a name of a whole nbd device?
 * @plain: filled, DEVICE_NAME_LEN bytes, if it is
 * @name: as for device_plain_name(), but of no partition
 *
 * Whether there is such a device is another question.
 */
bool device_has_plain_name(char *plain, const char *name);

/**
 * device_read() - read a device's file
 * @text: filled, for text_free()
 * @name: as for device_plain_name()
 *
 * Ends the program if there is no such device, saying which there are, or if
 * lines are missing.
 */
void device_read(const struct source *source, struct text *text,
		 const char *name);

/**
 * device_try_read() - the same for a device that may have gone
 * @text: filled, for text_free()
 * @name: as in device_names()
 *
 * Return: false if there is no such device any more.
 */
bool device_try_read(const struct source *source, struct text *text,
		     const char *name);

/**
 * device_has_all() - has a file all lines of which it says that it has them?
 * @text: the device's file
 * @sum: the key that says how many are shown
 * @key: the key of these lines
 */
bool device_has_all(const struct text *text, const char *sum,
		    const char *key);

/**
 * struct device_peers - the names at the other ends of the sockets
 * @first: the first name, as it is printed; not given if there is none
 * @other: the first name that is another one
 * @rest: how many sockets have another name than @first, or none
 */
struct device_peers {
	struct value first;
	struct value other;
	size_t rest;
};

/* Is there a name at the other end of a socket? */
bool device_is_peer(struct value peer);

/**
 * device_peers() - look whether the sockets lead to one server
 * @text: the device's file
 */
void device_peers(const struct text *text, struct device_peers *peers);

#endif /* NBDDIAG_DEVICE_H */
