// SPDX-License-Identifier: GPL-2.0
/* Where requests rest: lines of the files aio and io, put together. */
#include <ctype.h>
#include <string.h>

#include "facts/rest.h"

static struct value given(struct value value)
{
	if (value.kind == VALUE_GIVEN)
		return value;
	return (struct value){ .kind = VALUE_MISSING, .at = "" };
}

static bool is_alike(const struct rest *a, const struct rest *b)
{
	return value_same(a->device, b->device) &&
	       value_same(a->asked, b->asked) && value_same(a->fs, b->fs) &&
	       value_same(a->via, b->via) &&
	       value_same(a->state, b->state) &&
	       value_same(a->waits_for, b->waits_for);
}

void rests_add(struct rests *rests, const char *line)
{
	struct rest new = {
		.device = given(text_field(line, "device")),
		.asked = given(text_field(line, "asked")),
		.fs = given(text_field(line, "fs")),
		.via = given(text_field(line, "via")),
		.state = given(text_field(line, "state")),
		.waits_for = given(text_field(line, "waits_for")),
	};
	uint64_t age = value_or_zero(text_field(line, "age_ns"));
	struct rest *rest = rests->rest;
	size_t i;

	for (i = 0; i < rests->nr && !is_alike(&rest[i], &new); i++)
		;
	if (i == RESTS_MAX) {
		rests->others++;
		return;
	}
	if (i == rests->nr)
		rest[rests->nr++] = new;
	rest[i].requests++;
	if (age > rest[i].oldest_ns)
		rest[i].oldest_ns = age;
}

/* "sda1" is of sda, "nbd0p1" of nbd0; "sda" is of no partition. */
bool rest_is_of(struct value value, const char *device)
{
	size_t len = strlen(device), i = len;

	if (value.kind != VALUE_GIVEN || value.len < len || !len ||
	    memcmp(value.at, device, len))
		return false;
	if (value.len == len)
		return true;
	if (isdigit((unsigned char)device[len - 1])) {
		if (value.at[i] != 'p' || i + 1 == value.len)
			return false;
		i++;
	}
	for (; i < value.len; i++)
		if (!isdigit((unsigned char)value.at[i]))
			return false;
	return true;
}

static bool has_name(struct value list, const char *device)
{
	struct value name = list;
	const char *comma;

	if (list.kind != VALUE_GIVEN)
		return false;
	for (;;) {
		comma = memchr(list.at, ',', list.len);
		name.at = list.at;
		name.len = comma ? (size_t)(comma - list.at) : list.len;
		if (rest_is_of(name, device))
			return true;
		if (!comma)
			return false;
		list.len -= name.len + 1;
		list.at = comma + 1;
	}
}

bool rest_concerns(const char *line, const char *device)
{
	return rest_is_of(text_field(line, "device"), device) ||
	       rest_is_of(text_field(line, "asked"), device) ||
	       has_name(text_field(line, "via"), device);
}
