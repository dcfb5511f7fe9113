/* SPDX-License-Identifier: GPL-2.0 */
/* Writes strings of JSON; what libsmartcols' tables cannot hold needs it. */
#ifndef NBDDIAG_JSON_H
#define NBDDIAG_JSON_H

#include <stdio.h>

/**
 * json_string() - write a string, with its quotes
 * @text: any bytes; what is not printable ASCII is written as the text \xHH
 */
void json_string(FILE *out, const char *text);

#endif /* NBDDIAG_JSON_H */
