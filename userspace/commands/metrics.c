// SPDX-License-Identifier: GPL-2.0
/* nbddiag metrics: for Prometheus, by the textfile collector of its node_exporter. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "commands/commands.h"
#include "facts/modfile.h"
#include "metrics/judge_all.h"
#include "metrics/metrics.h"
#include "metrics/save.h"

/* Says why, and ends. That the module is absent need not be said each minute. */
static int end_without_module(const struct options *options)
{
	struct text devices;

	if (!options->quiet || !modfile_is_no_module(&options->source))
		modfile_read(&options->source, &devices, "devices");
	return EXIT_NO_MODULE;
}

static void write_file(const char *path, const char *data, size_t size)
{
	struct save save;

	save_begin(&save, path);
	save_end(&save, data, size, 0644);
}

static int metrics_run(const struct options *options)
{
	char *data = NULL, *message;
	enum exit_status status;
	size_t size;
	FILE *out = check_memory(open_memstream(&data, &size));

	message = metrics_print(&options->source, out, &status);
	if (fclose(out))
		check_memory(NULL);
	if (options->to_file)
		write_file(options->to_file, data, size);
	else
		fputs(data, stdout);
	free(data);
	if (!message)
		return 0;
	if (status == EXIT_DATA) {
		judge_all_complain(message);
		return status;
	}
	free(message);
	return end_without_module(options);
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
