/* SPDX-License-Identifier: GPL-2.0 */
/* Sentences in memory. */
#ifndef NBDDIAG_SAY_H
#define NBDDIAG_SAY_H

/**
 * say() - printf() into a string
 *
 * Return: for free(); never NULL.
 */
__attribute__((format(printf, 1, 2)))
char *say(const char *format, ...);

#endif /* NBDDIAG_SAY_H */
