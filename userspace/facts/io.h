/* SPDX-License-Identifier: GPL-2.0 */
/* The file io: what every disk has outstanding. */
#ifndef NBDDIAG_FACTS_IO_H
#define NBDDIAG_FACTS_IO_H

#include "facts/modfile.h"
#include "facts/text.h"
#include "host/disks.h"
#include "host/source.h"

/**
 * io_read() - read the file
 * @text: filled, for text_free()
 *
 * Ends the program if it cannot be read or lines are missing.
 */
void io_read(const struct source *source, struct text *text);

/**
 * io_look() - the same, where one can do without it
 * @text: filled, for text_free(); empty if it is not read
 */
enum modfile_found io_look(const struct source *source, struct text *text);

/**
 * io_disk() - the line of a disk
 * @text: the file, or empty
 *
 * Return: NULL if it has nothing outstanding, or that is not known.
 */
const char *io_disk(const struct text *text, const char *name);

/**
 * io_disk_named() - find a disk that has left sysfs, and still has requests
 * @text: the file, or empty
 * @name: the kernel's name for it
 * @disk: filled, if true is returned
 */
bool io_disk_named(const struct text *text, const char *name,
		   struct disk *disk);

/**
 * io_outstanding() - how much a disk has outstanding
 * @disk: its line
 */
struct count io_outstanding(const char *disk);

/**
 * io_oldest_ns() - age of the oldest that rests at a disk or came by way of it
 * @text: the file
 * @disk: the disk's line
 *
 * Return: 0 if it is not known.
 */
uint64_t io_oldest_ns(const struct text *text, const char *disk);

/**
 * io_has_no_path() - is it a multipath map without a path that works?
 * @disk: a disk's line, or NULL
 */
bool io_has_no_path(const char *disk);

/**
 * io_paths() - the paths of a multipath map, and which of them failed
 * @text: the file, or empty
 * @map: the map's name
 *
 * Return: "sda failed, sdb works", for free(); NULL if it is no such map, or has
 * nothing outstanding.
 */
char *io_paths(const struct text *text, const char *map);

/* The next path of a multipath map, as text_next(). */
const char *io_next_path(const struct text *text, const char *map, size_t *at);

/**
 * io_path_state() - does a path of a multipath map work?
 * @text: the file
 * @line: the path's line
 *
 * Return: "works", "failed", or what is known of it; never NULL.
 */
const char *io_path_state(const struct text *text, const char *line);

#endif /* NBDDIAG_FACTS_IO_H */
