/* SPDX-License-Identifier: GPL-2.0 */
/* A fresh builder and image for every test of a group, and what each test does with them. */
#ifndef ONE_IMAGE_H
#define ONE_IMAGE_H

#include "btf_build.h"

static struct build b;
static struct image img;

static inline int setup(void **state)
{
	build_init(&b, NULL);
	return 0;
}

static inline int teardown(void **state)
{
	build_free(&b);
	image_free(&img);
	return 0;
}

static inline int open_built(void)
{
	image_free(&img);
	image_make(&img, &b);
	return image_open(&img, NULL);
}

static inline u32 find(const char *name)
{
	return btf_find_struct(&img.btf, name, 0);
}

#endif /* ONE_IMAGE_H */
