// SPDX-License-Identifier: GPL-2.0
/* Who cannot go on because of a device, as a warning. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "base/units.h"
#include "facts/aio.h"
#include "facts/gap.h"
#include "facts/rest.h"
#include "facts/tasks.h"
#include "facts/uring.h"
#include "verdict/hung.h"

/* ---- tasks ---- */

/* "dd[710] for 1m 20s", for free(). */
static char *say_longest(const char *line)
{
	struct value comm = text_field(line, "comm");
	uint64_t ns = tasks_waiting_ns(line);
	char age[UNITS_LEN];

	units_age(age, ns);
	return say("%.*s[%" PRIu64 "]%s%s", (int)comm.len, comm.at ? comm.at : "",
		   value_or_zero(text_field(line, "tid")), ns ? " for " : "",
		   ns ? age : "");
}

static void warn_of_tasks(const struct text *text, struct verdict *verdict,
			  const char *device)
{
	const char *line, *longest = NULL;
	uint64_t ns, most = 0;
	unsigned int nr = 0;
	size_t at = 0;
	char *who;

	while ((line = text_next(text, "task", &at))) {
		if (!rest_is_of(text_field(line, "device"), device))
			continue;
		ns = tasks_waiting_ns(line);
		if (!longest || ns > most) {
			longest = line;
			most = ns;
		}
		nr++;
	}
	if (!nr)
		return;
	who = say_longest(longest);
	verdict_add_warning(verdict,
			    say("%u task%s cannot go on until %s, %s%s. 'nbddiag why %s' %s", nr,
				nr == 1 ? "" : "s", "what it owes is answered or fails",
				nr == 1 ? "" : "the longest ", who, device,
				"shows the chain"));
	free(who);
}

/* ---- processes that end ---- */

static unsigned int count_at(const struct aio_owner *owner, const char *device)
{
	struct value name = { .kind = VALUE_GIVEN };
	unsigned int i, nr = 0;

	for (i = 0; i < owner->nr_devices; i++) {
		name.at = owner->device[i].name;
		name.len = strlen(name.at);
		if (rest_is_of(name, device))
			nr += owner->device[i].requests;
	}
	return nr;
}

/* A thread in exit_aio waits for AIO contexts: the file tasks has no device of it. */
void hung_warn_of_ending(struct hung *hung, struct verdict *verdict,
			 const char *device)
{
	const struct text *text = hung_aio(hung);
	unsigned int nr, requests = 0, processes = 0;
	const char *longest = NULL;
	struct aio_owner owner;
	size_t at = 0;
	char *who;

	while (aio_next(text, &at, &owner)) {
		nr = owner.kind == AIO_WAITER ? count_at(&owner, device) : 0;
		if (!nr)
			continue;
		if (!longest || tasks_waiting_ns(owner.line) > tasks_waiting_ns(longest))
			longest = owner.line;
		requests += nr;
		processes++;
	}
	if (!longest)
		return;
	who = say_longest(longest);
	verdict_add_warning(verdict,
			    say("%u process%s cannot end until %u AIO request%s %s, %s%s",
				processes, processes == 1 ? "" : "es", requests,
				requests == 1 ? "" : "s",
				requests == 1 ? "that it owes is answered or fails" :
						"that it owes are answered or fail",
				processes == 1 ? "" : "the longest ", who));
	free(who);
}

/* ---- rings ---- */

static void warn_of_rings(const struct text *text, struct verdict *verdict,
			  const char *device)
{
	struct uring_ring ring = {};
	unsigned int nr;
	char *whose, *warning;

	while (uring_next(text, &ring)) {
		nr = uring_is_unowned(&ring) ?
			uring_count_at(text, &ring, device) : 0;
		if (!nr)
			continue;
		whose = uring_name_unowned(&ring);
		warning = say("a %s uses it until %u request%s done",
			      whose, nr, nr == 1 ? " is" : "s are");
		verdict_add_warning(verdict, warning);
		free(whose);
	}
}

void hung_read(const struct source *source, struct hung *hung)
{
	hung->tasks_found = tasks_look(source, &hung->tasks);
	hung->uring_found = uring_look(source, &hung->uring);
	hung->source = source;
}

const struct text *hung_aio(struct hung *hung)
{
	if (!hung->aio_is_read)
		hung->aio_found = aio_look(hung->source, &hung->aio);
	hung->aio_is_read = true;
	return &hung->aio;
}

void hung_free(struct hung *hung)
{
	text_free(&hung->tasks);
	text_free(&hung->uring);
	text_free(&hung->aio);
}

void hung_warn(const struct hung *hung, struct verdict *verdict,
	       const char *device)
{
	warn_of_tasks(&hung->tasks, verdict, device);
	warn_of_rings(&hung->uring, verdict, device);
}

void hung_say_gaps(const struct hung *hung, bool quiet)
{
	const struct gap gaps[] = {
		{ "tasks", "which tasks cannot go on", hung->tasks_found,
		  &hung->tasks, false },
		{ "uring", "which rings of io_uring use a device", hung->uring_found,
		  &hung->uring, false },
		{ "aio", "which processes that use AIO cannot go on",
		  hung->aio_is_read ? hung->aio_found : MODFILE_READ,
		  &hung->aio, true },
	};
	char *sentence;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(gaps); i++) {
		sentence = gap_note(&gaps[i]);
		if (sentence && !quiet)
			complain("%s", sentence);
		free(sentence);
	}
}
