// SPDX-License-Identifier: GPL-2.0
/* Sentences of "why", each with the file that says so. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "base/fold.h"
#include "base/say.h"
#include "base/units.h"
#include "facts/text.h"
#include "why/why.h"

/* What has been said of a sentence. */
static char *said;
/* A line is to be left before it. */
static bool leave_line;

static void put_sentence(struct json *json, const char *source)
{
	json_object(json, NULL);
	/* What is indented for people. */
	json_text(json, "text", said ? said + strspn(said, " ") : "");
	json_text(json, "source", source);
	json_end(json);
}

/* How far what does not fit into a line is indented: as a list is, and "1. " of a cause. */
static size_t indent_of(const char *sentence)
{
	size_t spaces = strspn(sentence, " "), digits = strspn(sentence, "0123456789");

	if (spaces)
		return spaces + 2;
	return digits && !strncmp(sentence + digits, ". ", 2) ? digits + 2 : 0;
}

static void print_sentence(const char *source)
{
	if (leave_line)
		putchar('\n');
	leave_line = false;
	fold_print(said ? said : "", fold_width(), said ? indent_of(said) : 0);
	putchar('\n');
	if (source)
		printf("    [%s]\n", source);
}

static void end_sentence(const char *source)
{
	size_t len = said ? strlen(said) : 0;

	if (len && said[len - 1] == '\n')
		said[len - 1] = '\0';
	if (document())
		put_sentence(document(), source);
	else
		print_sentence(source);
	free(said);
	said = NULL;
}

void why_leave_line(void)
{
	leave_line = true;
}

void why_say(const char *format, ...)
{
	char *part, *all;
	va_list args;

	va_start(args, format);
	if (vasprintf(&part, format, args) < 0)
		part = NULL;
	va_end(args);
	check_memory(part);
	all = said ? say("%s%s", said, part) : say("%s", part);
	free(said);
	free(part);
	said = all;
	if (*said && said[strlen(said) - 1] == '\n')
		end_sentence(NULL);
}

/* Ends a sentence, and says where it is from. */
void why_from(const char *format, ...)
{
	char *source;
	va_list args;

	va_start(args, format);
	if (vasprintf(&source, format, args) < 0)
		source = NULL;
	va_end(args);
	check_memory(source);
	end_sentence(source);
	free(source);
}

void why_say_help(const struct verdict *verdict, const char *indent)
{
	size_t i;

	for (i = 0; i < verdict->nr_steps; i++) {
		why_say("%sWhat helps: %s.\n", indent, verdict->step[i].action);
		why_say("%s   Cost: %s.\n", indent, verdict->step[i].cost);
	}
	if (!verdict->nr_steps)
		why_say("%sWhat frees it is not known.\n", indent);
}

static void note_step(struct why *why, const struct verdict_step *step)
{
	why->step = check_memory(reallocarray(why->step, why->nr_steps + 1,
					      sizeof(*why->step)));
	why->step[why->nr_steps++] = (struct verdict_step){
		.action = check_memory(strdup(step->action)),
		.cost = check_memory(strdup(step->cost)),
	};
}

void why_help(struct why *why, const struct verdict *verdict)
{
	size_t i;

	why_say_help(verdict, "");
	for (i = 0; i < verdict->nr_steps; i++)
		note_step(why, &verdict->step[i]);
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
