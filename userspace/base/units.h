/* SPDX-License-Identifier: GPL-2.0 */
/* Sizes and ages for people. */
#ifndef NBDDIAG_UNITS_H
#define NBDDIAG_UNITS_H

#include <stdint.h>

#define UNITS_LEN 32

/**
 * units_size() - a size, as lsblk writes it
 * @text: filled, UNITS_LEN bytes
 */
void units_size(char *text, uint64_t bytes);

/**
 * units_age() - an age, in its two largest units
 * @text: filled, UNITS_LEN bytes
 * @ns: the age in nanoseconds
 */
void units_age(char *text, uint64_t ns);

#endif /* NBDDIAG_UNITS_H */
