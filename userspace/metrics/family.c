// SPDX-License-Identifier: GPL-2.0
/* Prints metrics as Prometheus reads them. */
#include <inttypes.h>

#include "metrics/family.h"

#define NS_PER_S 1000000000

static void print_value(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void begin_sample(struct family *family, const char * const *labels)
{
	const char * const *label;
	FILE *out = family->out;

	if (!family->begun)
		fprintf(out, "# HELP nbddiag_%s %s\n# TYPE nbddiag_%s gauge\n",
			family->name, family->help, family->name);
	family->begun = true;
	fprintf(out, "nbddiag_%s", family->name);
	for (label = labels; label && *label; label += 2) {
		fprintf(out, "%c%s=\"", label == labels ? '{' : ',', label[0]);
		print_value(out, label[1]);
		fputc('"', out);
	}
	fputs(labels ? "} " : " ", out);
}

void family_number(struct family *family, const char * const *labels,
		   uint64_t number)
{
	begin_sample(family, labels);
	fprintf(family->out, "%" PRIu64 "\n", number);
}

void family_seconds(struct family *family, const char * const *labels,
		    uint64_t ns)
{
	begin_sample(family, labels);
	fprintf(family->out, "%" PRIu64 ".%09" PRIu64 "\n", ns / NS_PER_S,
		ns % NS_PER_S);
}

void family_alone(FILE *out, const char *name, const char *help,
		  uint64_t number)
{
	struct family family = { .out = out, .name = name, .help = help };

	family_number(&family, NULL, number);
}
