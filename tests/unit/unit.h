/* SPDX-License-Identifier: GPL-2.0 */
/* cmocka, and what it wants to be included before it. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#endif /* UNIT_H */
