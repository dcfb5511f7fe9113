/* SPDX-License-Identifier: GPL-2.0 */
/* A clock that only goes forward. */
#ifndef NBDDIAG_CLOCK_H
#define NBDDIAG_CLOCK_H

/* Seconds since some moment, to do things for a limited time. */
double clock_seconds(void);

#endif /* NBDDIAG_CLOCK_H */
