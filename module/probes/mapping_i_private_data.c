// SPDX-License-Identifier: GPL-2.0
/* 6.8, 600f111ef51d ("fs: Rename mapping private members"); gone with 7.2 or before */
#include <linux/fs.h>

void *probe(const struct address_space *mapping);
void *probe(const struct address_space *mapping)
{
	return mapping->i_private_data;
}
