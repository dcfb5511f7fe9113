/* SPDX-License-Identifier: GPL-2.0 */
/* What a monitoring system wants to know of the host. */
#ifndef NBDDIAG_METRICS_H
#define NBDDIAG_METRICS_H

#include <stdio.h>

#include "facts/modfile.h"
#include "host/source.h"

/**
 * metrics_print() - print all metrics
 * @out: where they go
 *
 * Return: whether the file "devices" was read; without it only that is said.
 */
enum modfile_found metrics_print(const struct source *source, FILE *out);

/* Those of devices, from their file. Return: whether it has all of them. */
bool metrics_print_devices(const struct source *source, FILE *out,
			   const struct text *devices);

/* Those of AIO, from its file. */
void metrics_print_aio(FILE *out, const struct text *aio);

#endif /* NBDDIAG_METRICS_H */
