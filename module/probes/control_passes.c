// SPDX-License-Identifier: GPL-2.0
/* Control: must compile, or the probes cannot be trusted. */
#include <linux/module.h>

int probe(void);
int probe(void)
{
	return THIS_MODULE ? 0 : 1;
}
