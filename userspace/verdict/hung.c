// SPDX-License-Identifier: GPL-2.0
/* Who cannot go on because of a device, as a warning. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
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
	char *waiting = tasks_say_waiting(line), *who;

	who = say("%.*s[%" PRIu64 "] %s", (int)comm.len, comm.at ? comm.at : "",
		  value_or_zero(text_field(line, "tid")), waiting);
	free(waiting);
	return who;
}

/* So many tasks, the one with this line for longest. */
static void add_warning(struct verdict *verdict, const char *what,
			unsigned int nr, const char *longest, char *more)
{
	char *who = say_longest(longest);

	verdict_add_warning(verdict,
			    say("%u task%s cannot go on until %s, %s%s%s", nr,
				nr == 1 ? "" : "s", what,
				nr == 1 ? "" : "the longest ", who, more));
	free(more);
	free(who);
}

static void warn_of_tasks(const struct text *text, struct verdict *verdict,
			  const char *device)
{
	const char *line, *longest = NULL;
	uint64_t ns, most = 0;
	unsigned int nr = 0;
	size_t at = 0;

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
	if (nr)
		add_warning(verdict, "what it owes is answered or fails", nr,
			    longest, say(". 'nbddiag why %s' shows the chain", device));
}

/* ---- who waits for AIO contexts ---- */

static bool owes(const struct text *text, const struct aio_owner *owner,
		 const char *device)
{
	const struct text_line *line = &text->line[owner->first];
	const struct text_line *end = &text->line[owner->end];

	for (; line < end; line++)
		if (!strcmp(line->key, "owed") &&
		    rest_is_of(text_field(line->value, "device"), device))
			return true;
	return false;
}

/* ", at the end of the address space of qemu-kvm", for free(). */
static char *say_end(const char *line)
{
	struct value exe = text_field(line, "exe");

	if (exe.kind != VALUE_GIVEN)
		return say("%s", "");
	return say(", at the end of the address space of %.*s", (int)exe.len, exe.at);
}

/* In exit_aio or io_destroy(2): the file tasks has no device of it. */
void hung_warn_of_waiters(struct hung *hung, struct verdict *verdict,
			  const char *device)
{
	const struct text *text = hung_aio(hung);
	const char *longest = NULL;
	struct aio_owner owner;
	unsigned int nr = 0;
	size_t at = 0;

	while (aio_next(text, &at, &owner)) {
		if (owner.kind != AIO_WAITER || !owes(text, &owner, device))
			continue;
		if (!longest ||
		    tasks_waiting_ns(owner.line) > tasks_waiting_ns(longest))
			longest = owner.line;
		nr++;
	}
	if (longest)
		add_warning(verdict, "AIO requests that it owes are answered or fail",
			    nr, longest, say_end(longest));
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
