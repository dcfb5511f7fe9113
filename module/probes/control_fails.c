// SPDX-License-Identifier: GPL-2.0
/* Control: must not compile, or the probes cannot be trusted. */
#include <linux/module.h>

int probe(void);
int probe(void)
{
	return nbddiag_no_such_function();
}
