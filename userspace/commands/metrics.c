// SPDX-License-Identifier: GPL-2.0
/* nbddiag metrics: for Prometheus, by the textfile collector of its node_exporter. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "commands/commands.h"
#include "facts/modfile.h"
#include "metrics/metrics.h"
#include "metrics/save.h"

/* Says why, and ends. That the module is absent need not be said each minute. */
static int fail_without_devices(const struct options *options, enum modfile_found found)
{
	struct text devices;

	if (!options->quiet || found != MODFILE_ABSENT)
		modfile_read(&options->source, &devices, "devices");
	return EXIT_NO_MODULE;
}

static int metrics_run(const struct options *options)
{
	enum modfile_found found;
	char *data = NULL;
	size_t size;
	FILE *out = check_memory(open_memstream(&data, &size));

	found = metrics_print(&options->source, out);
	if (fclose(out))
		check_memory(NULL);
	if (options->to_file)
		save(options->to_file, data, size, 0644);
	else
		fputs(data, stdout);
	free(data);
	return found == MODFILE_READ ? 0 : fail_without_devices(options, found);
}

static const struct option_row options[] = {
	OPTION_TEXT('o', "output", "FILE", to_file, "write this file, at once as a whole"),
	OPTION('q', "quiet", quiet, "do not say that the module is not loaded"),
	OPTION_STUCK_AFTER,
	{}
};

const struct command command_metrics = {
	.name = "metrics",
	.run = metrics_run,
	.takes = "",
	.options = options,
	.help = "metrics for Prometheus, of devices and AIO",
};
