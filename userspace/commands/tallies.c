// SPDX-License-Identifier: GPL-2.0
/* How many requests have what. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "commands/tallies.h"

/* How many things are told apart. */
#define TALLIES 16

void tallies_put(struct tallies *all, struct tally tally)
{
	all->tally = check_memory(reallocarray(all->tally, all->nr + 1,
					       sizeof(tally)));
	all->tally[all->nr++] = tally;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void tallies_count(struct tallies *all, char *what, char *shown)
{
	struct tally tally = { .what = what, .shown = shown, .requests = 1 };
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (!all->tally[i].others && is_same(all->tally[i].what, what))
			break;
	if (i == all->nr && i < TALLIES) {
		tallies_put(all, tally);
		return;
	}
	free(tally.what);
	free(tally.shown);
	/* The last one of all is for those that are not told apart. */
	if (i == all->nr && i == TALLIES)
		tallies_put(all, (struct tally){ .others = true });
	all->tally[i < TALLIES ? i : TALLIES].requests++;
}

static const char *shown(const struct tally *tally)
{
	if (tally->others)
		return "others";
	if (tally->shown)
		return tally->shown;
	return tally->what ? tally->what : "?";
}

char *tallies_text(const struct tallies *all)
{
	const struct tally *tally = all->tally;
	char *text = NULL;
	size_t size, i;
	FILE *out = check_memory(open_memstream(&text, &size));

	for (i = 0; i < all->nr; i++, tally++) {
		fprintf(out, "%s%s%s", i ? " " : "", shown(tally),
			tally->may ? "?" : "");
		if (!tally->is_unknown && !all->is_one)
			fprintf(out, ":%" PRIu64, tally->requests);
	}
	if (fclose(out))
		text = NULL;
	return check_memory(text);
}

void tallies_json(struct json *json, const void *data)
{
	const struct tallies *all = data;
	const struct tally *tally = all->tally;
	size_t i;

	for (i = 0; i < all->nr; i++, tally++) {
		json_object(json, NULL);
		json_text(json, "name", tally->what);
		if (tally->is_unknown)
			json_unknown(json, "requests", NULL);
		else
			json_number(json, "requests", tally->requests);
		json_bool(json, "certain", !tally->may);
		json_bool(json, "others", tally->others);
		json_end(json);
	}
}

void tallies_free(struct tallies *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++) {
		free(all->tally[i].what);
		free(all->tally[i].shown);
	}
	free(all->tally);
	all->tally = NULL;
	all->nr = 0;
}
