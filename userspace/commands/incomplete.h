/* SPDX-License-Identifier: GPL-2.0 */
/* What a file of the module says of being incomplete, passed on to programs. */
#ifndef NBDDIAG_INCOMPLETE_H
#define NBDDIAG_INCOMPLETE_H

#include <stdlib.h>

#include "base/document.h"
#include "facts/text.h"

/* @why: the value of complete_reason */
static inline void document_incomplete_value(struct value why)
{
	char *text = value_copy(why);

	document_incomplete(text ? text : "unknown");
	free(text);
}

#endif /* NBDDIAG_INCOMPLETE_H */
