/* SPDX-License-Identifier: GPL-2.0 */
/* What "show --json" has: the device's file with types, and who holds it. */
#ifndef NBDDIAG_SHOW_JSON_H
#define NBDDIAG_SHOW_JSON_H

#include "base/json.h"
#include "facts/text.h"
#include "holders/holders.h"

/**
 * show_json_put() - write the member "device"
 * @text: the device's file
 *
 * Numbers are numbers and yes and no booleans; what is not known is null, with
 * its reason in a member KEY_unknown.
 */
void show_json_put(struct json *json, const struct text *text);

/* Write an object for each holder, into an array. */
void show_json_holders(struct json *json, const struct holders *holders);

#endif /* NBDDIAG_SHOW_JSON_H */
