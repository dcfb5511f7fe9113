/* SPDX-License-Identifier: GPL-2.0 */
/* What a monitoring system wants to know of the host. */
#ifndef NBDDIAG_METRICS_H
#define NBDDIAG_METRICS_H

#include <stdio.h>

#include "base/fail.h"
#include "facts/text.h"
#include "host/source.h"
#include "metrics/judge_all.h"

/**
 * metrics_print() - print all metrics
 * @out: where they go
 * @status: as for judge_all(); without the module only that it is absent is printed
 *
 * Return: NULL if the file "devices" was read; otherwise a message for free().
 */
char *metrics_print(const struct source *source, FILE *out, enum exit_status *status);

/* Those of devices. Of a file that cannot be read it complains. */
void metrics_print_devices(FILE *out, const struct judged_devices *all);

/* Those of AIO, from its file. */
void metrics_print_aio(FILE *out, const struct text *aio);

#endif /* NBDDIAG_METRICS_H */
