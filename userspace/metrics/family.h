/* SPDX-License-Identifier: GPL-2.0 */
/* The text format of Prometheus, version 0.0.4, of gauges. */
#ifndef NBDDIAG_METRICS_FAMILY_H
#define NBDDIAG_METRICS_FAMILY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct family - a metric with all its samples, which must be together
 * @out: where it goes
 * @name: without "nbddiag_"
 * @help: what it is
 * @begun: its head is printed, which happens before the first sample
 */
struct family {
	FILE *out;
	const char *name;
	const char *help;
	bool begun;
};

/* Names and values of labels in turn. */
#define LABELS(...) ((const char * const []){ __VA_ARGS__, NULL })

/**
 * family_number() - print a sample
 * @labels: LABELS(); NULL without. A value is any text
 */
void family_number(struct family *family, const char * const *labels,
		   uint64_t number);

/* The same in seconds. */
void family_seconds(struct family *family, const char * const *labels,
		    uint64_t ns);

/* A metric of one sample without labels. */
void family_alone(FILE *out, const char *name, const char *help,
		  uint64_t number);

#endif /* NBDDIAG_METRICS_FAMILY_H */
