// SPDX-License-Identifier: GPL-2.0
/* All of core.c and nbd.c and the tags that only clang writes. */
#include "core.c"
#include "nbd.c"

#define DECL_TAG(x) __attribute__((btf_decl_tag(x)))
#define TYPE_TAG(x) __attribute__((btf_type_tag(x)))

struct tagged {
	int TYPE_TAG("user") *p;
	int marked DECL_TAG("mark");
} DECL_TAG("whole");

struct tagged use_tagged;
int use_array[3][5];
