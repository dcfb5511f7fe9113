// SPDX-License-Identifier: GPL-2.0
/*
 * The file "futex" of a process in a captured tree:
 *
 *	format: 1
 *	memory: read
 *	thread: tid=11 number=11 address=0x7f0010 op=0x80 value=0x2 timeout=no
 *		own_stack=no joins=no page=present words=-,-,-,-,-,-,-,-,-,0x2,...
 *	thread: tid=12 number=12
 *
 * (a line for each thread).
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "locks/futex.h"
#include "facts/text.h"

static const char * const memory_words[] = {
	[FUTEX_MEMORY_READ] = "read",
	[FUTEX_MEMORY_32_BIT] = "-(32-bit)",
	[FUTEX_MEMORY_DENIED] = "-(denied)",
	[FUTEX_MEMORY_HANGS] = "-(hangs)",
	[FUTEX_MEMORY_ENDS] = "-(ends)",
	[FUTEX_MEMORY_UNKNOWN] = "-(unknown)",
};

/* ---- write ---- */

static void print_words(const struct futex_thread *thread, uint32_t which,
			FILE *out)
{
	size_t i;

	for (i = 0; i < FUTEX_WORDS; i++) {
		fputs(i ? "," : " words=", out);
		if (which & thread->known & 1u << i)
			fprintf(out, "0x%" PRIx32, thread->word[i]);
		else
			fputc('-', out);
	}
}

void futex_print(const struct futexes *futexes, FILE *out)
{
	const struct futex_thread *thread;
	size_t i;

	fprintf(out, "format: " TEXT_FORMAT "\nmemory: %s\n",
		memory_words[futexes->memory]);
	for (i = 0; i < futexes->nr; i++) {
		thread = &futexes->thread[i];
		fprintf(out, "thread: tid=%d number=%d", (int)thread->tid,
			(int)thread->number);
		if (thread->waits) {
			fprintf(out, " address=0x%" PRIx64 " op=0x%" PRIx32
				" value=0x%" PRIx32 " timeout=%s own_stack=%s joins=%s page=%s",
				thread->address, thread->op, thread->value,
				thread->timed ? "yes" : "no",
				thread->on_stack ? "yes" : "no",
				thread->joins ? "yes" : "no",
				thread->missing ? "missing" : "present");
			print_words(thread, futex_decode(futexes, thread).used,
				    out);
		}
		fputc('\n', out);
	}
}

/* ---- read ---- */

static uint64_t number_of(const char *line, const char *name, uint64_t most)
{
	uint64_t number;

	if (!value_number(text_field(line, name), &number) || number > most)
		return 0;
	return number;
}

static void parse_words(struct futex_thread *thread, struct value words)
{
	const char *at = words.at, *end, *next;
	struct value one = { .kind = VALUE_GIVEN };
	uint64_t number;
	size_t i;

	if (words.kind != VALUE_GIVEN)
		return;
	end = at + words.len;
	for (i = 0; i < FUTEX_WORDS && at < end; i++, at = next + 1) {
		next = memchr(at, ',', end - at);
		if (!next)
			next = end;
		one.at = at;
		one.len = next - at;
		if (!value_number(one, &number) || number > UINT32_MAX)
			continue;
		thread->word[i] = number;
		thread->known |= 1u << i;
	}
}

static void parse_thread(struct futex_thread *thread, const char *line)
{
	thread->tid = number_of(line, "tid", INT_MAX);
	thread->number = number_of(line, "number", INT_MAX);
	thread->address = number_of(line, "address", UINT64_MAX);
	thread->waits = thread->address;
	thread->op = number_of(line, "op", UINT32_MAX);
	thread->value = number_of(line, "value", UINT32_MAX);
	thread->timed = value_is(text_field(line, "timeout"), "yes");
	thread->on_stack = value_is(text_field(line, "own_stack"), "yes");
	thread->joins = value_is(text_field(line, "joins"), "yes");
	thread->missing = value_is(text_field(line, "page"), "missing");
	parse_words(thread, text_field(line, "words"));
}

static enum futex_memory parse_memory(const struct text *text)
{
	const char *line = text_next(text, "memory", &(size_t){ 0 });
	size_t i;

	for (i = 0; line && i < ARRAY_SIZE(memory_words); i++)
		if (!strcmp(line, memory_words[i]))
			return i;
	return FUTEX_MEMORY_UNKNOWN;
}

void futex_make_room(struct futexes *futexes, size_t nr)
{
	futexes->thread = check_memory(calloc(nr + 1,
					      sizeof(*futexes->thread)));
	futexes->order = check_memory(calloc(nr + 1,
					     sizeof(*futexes->order)));
}

void futex_parse(struct futexes *futexes, char *data, size_t size)
{
	struct text text;
	const char *line;
	size_t at = 0;

	futexes->memory = FUTEX_MEMORY_UNKNOWN;
	if (text_parse(&text, data, size) != TEXT_OK)
		return;
	futexes->memory = parse_memory(&text);
	futex_make_room(futexes, text_count(&text, "thread"));
	while ((line = text_next(&text, "thread", &at)))
		parse_thread(&futexes->thread[futexes->nr++], line);
	text_free(&text);
	futex_sort(futexes);
	futex_find_pi(futexes);
}

void futex_free(struct futexes *futexes)
{
	free(futexes->thread);
	free(futexes->order);
	futexes->thread = NULL;
	futexes->order = NULL;
	futexes->nr = 0;
}
