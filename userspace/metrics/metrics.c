// SPDX-License-Identifier: GPL-2.0
/* All metrics, and whether they are all. */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "facts/aio.h"
#include "host/origin.h"
#include "metrics/family.h"
#include "metrics/metrics.h"

/* When a capture was made, or now; -1 if that is not known. */
static time_t time_of(const struct source *source)
{
	struct origin origin;
	struct tm tm = {};

	if (source->live)
		return time(NULL);
	origin_read(source, &origin);
	return strptime(origin.time, "%Y-%m-%dT%H:%M:%SZ", &tm) ? timegm(&tm) : -1;
}

/* Also if nothing else is known: when that was. */
static void print_run(const struct source *source, FILE *out, bool up)
{
	struct family info = { out, "info", "Version of nbddiag", false };
	time_t when = time_of(source);

	family_number(&info, LABELS("version", NBDDIAG_VERSION), 1);
	family_alone(out, "up", "Whether the files of the kernel module could be read", up);
	if (when >= 0)
		family_alone(out, "last_run_timestamp_seconds",
			     "When the files were read, in seconds since 1970", when);
}

static void print_complete(FILE *out, bool devices, bool aio)
{
	struct family complete = {
		out, "complete", "Whether a file of the module had all that it should", false,
	};

	family_number(&complete, LABELS("file", "devices"), devices);
	family_number(&complete, LABELS("file", "aio"), aio);
}

static void print_duration(FILE *out, double seconds)
{
	struct family duration = {
		out, "last_run_duration_seconds", "How long it took to read them", false,
	};

	family_seconds(&duration, NULL, (uint64_t)(seconds * 1e9));
}

/* Return: whether the file has all of them. */
static bool print_aio(const struct source *source, FILE *out)
{
	struct text aio;
	bool all = aio_look(source, &aio) == MODFILE_READ;

	if (all) {
		metrics_print_aio(out, &aio);
		all = value_is(text_get(&aio, "complete"), "yes");
	}
	text_free(&aio);
	return all;
}

char *metrics_print(const struct source *source, FILE *out, enum exit_status *status)
{
	double begun = clock_seconds();
	struct judged_devices all;
	char *message = judge_all(source, &all, status);
	bool up = !message || *status == EXIT_DATA;

	print_run(source, out, up);
	if (up) {
		metrics_print_devices(out, &all);
		print_complete(out, !all.lacks, print_aio(source, out));
		print_duration(out, clock_seconds() - begun);
	}
	judge_all_free(&all);
	return message;
}
