/* SPDX-License-Identifier: GPL-2.0 */
/* What "show --json" has beside the tree. */
#ifndef NBDDIAG_SHOW_JSON_H
#define NBDDIAG_SHOW_JSON_H

#include <stdio.h>

#include "facts/text.h"

/**
 * show_json_print() - print the member "facts"
 * @text: the device's file
 *
 * Numbers are numbers and yes and no booleans; what is not known is null, with
 * its reason in a member KEY_unknown.
 */
void show_json_print(FILE *out, const struct text *text);

#endif /* NBDDIAG_SHOW_JSON_H */
