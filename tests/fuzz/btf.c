// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for the BTF reader and the resolver. An input is the
 * length of a base image (4 bytes, little-endian), that image, and a split
 * image to the end. Either may be empty.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "layout_build.h"

static void use(const struct image *img, const struct image *base)
{
	struct image last;

	if (!layout_consistent(&img->btf))
		abort();
	image_types_last(&last, img);
	if (image_open(&last, base) || !layout_consistent(&last.btf))
		abort();
	image_free(&last);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct image base, split;
	bool has_base;
	u32 len;

	if (size < 4)
		return 0;
	len = data[0] | data[1] << 8 | data[2] << 16 | (u32)data[3] << 24;
	data += 4;
	size -= 4;
	if (len > size)
		len = size;

	image_copy(&base, data, len);
	has_base = !image_open(&base, NULL);
	if (has_base)
		use(&base, NULL);
	image_copy(&split, data + len, size - len);
	if (!image_open(&split, has_base ? &base : NULL))
		use(&split, has_base ? &base : NULL);
	image_free(&split);
	image_free(&base);
	return 0;
}
