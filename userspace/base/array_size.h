/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NBDDIAG_ARRAY_SIZE_H
#define NBDDIAG_ARRAY_SIZE_H

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif /* NBDDIAG_ARRAY_SIZE_H */
