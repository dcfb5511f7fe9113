// SPDX-License-Identifier: GPL-2.0
/* Sentences of "why", each with the file that says so. */
#include <stdarg.h>
#include <stdio.h>

#include "base/units.h"
#include "facts/text.h"
#include "why/why.h"

void why_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/* Ends a sentence, and says where it is from. */
void why_from(const char *format, ...)
{
	va_list args;

	fputs("\n    [", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("]");
}

void why_say_value(struct value value, const char *what)
{
	if (value.kind == VALUE_GIVEN)
		why_say("%.*s", (int)value.len, value.at);
	else
		why_say("%s that is not known", what);
	if (value.kind == VALUE_UNKNOWN)
		why_say(" (%.*s)", (int)value.len, value.at);
}

void why_say_age(struct value value)
{
	char text[UNITS_LEN];
	uint64_t ns;

	if (!value_number(value, &ns)) {
		why_say("a time that is not known");
		return;
	}
	units_age(text, ns);
	why_say("%s", text);
}

void why_say_task(const struct task *task)
{
	why_say("%s[%d]", task->comm, (int)task->tid);
	if (task->tid != task->tgid)
		why_say(" of process %d", (int)task->tgid);
}
