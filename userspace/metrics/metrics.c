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

enum modfile_found metrics_print(const struct source *source, FILE *out)
{
	double begun = clock_seconds();
	enum modfile_found found;
	struct text devices, aio;
	bool all_devices, all_aio;

	found = modfile_look(source, &devices, "devices");
	print_run(source, out, found == MODFILE_READ);
	if (found != MODFILE_READ)
		return found;
	all_devices = metrics_print_devices(source, out, &devices);
	text_free(&devices);
	all_aio = aio_look(source, &aio) == MODFILE_READ;
	if (all_aio) {
		metrics_print_aio(out, &aio);
		all_aio = value_is(text_get(&aio, "complete"), "yes");
	}
	text_free(&aio);
	print_complete(out, all_devices, all_aio);
	print_duration(out, clock_seconds() - begun);
	return found;
}
