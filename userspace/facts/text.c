// SPDX-License-Identifier: GPL-2.0
/* Takes files of nbddiag(4) apart. Input may be anything: hostile or cut off. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts/text.h"

#define NUMBER_LEN 24

/* ---- lines ---- */

static int add_line(struct text *text, char *key, char *value)
{
	struct text_line *more;

	if (text->nr == text->room) {
		size_t room = text->room ? text->room * 2 : 64;

		more = reallocarray(text->line, room, sizeof(*more));
		if (!more)
			return -1;
		text->line = more;
		text->room = room;
	}
	text->line[text->nr].key = key;
	text->line[text->nr].value = value;
	text->nr++;
	return 0;
}

/* Return: the line after it, NULL if there is something wrong with it. */
static char *split_line(char *line, char **value)
{
	char *end = strchr(line, '\n');
	char *colon;

	*end = '\0';
	colon = strstr(line, ": ");
	if (!colon || colon == line)
		return NULL;
	*colon = '\0';
	*value = colon + 2;
	return end + 1;
}

static enum text_error parse(struct text *text)
{
	char *at = text->buffer, *line = at, *value;

	while (*at) {
		line = at;
		at = split_line(line, &value);
		if (!at)
			return TEXT_MALFORMED;
		if (line != text->buffer) {
			if (add_line(text, line, value))
				return TEXT_NO_MEMORY;
			continue;
		}
		if (strcmp(line, "format"))
			return TEXT_MALFORMED;
		if (strcmp(value, TEXT_FORMAT))
			return TEXT_OTHER_FORMAT;
	}
	return TEXT_OK;
}

/* The module writes nothing else, so a terminal or JSON is safe from it. */
static bool is_printable(const char *at, size_t size)
{
	for (; size; at++, size--)
		if ((*at < ' ' || *at > '~') && *at != '\n')
			return false;
	return true;
}

enum text_error text_parse(struct text *text, char *buffer, size_t size)
{
	enum text_error error = TEXT_OK;

	memset(text, 0, sizeof(*text));
	text->buffer = buffer;
	buffer[size] = '\0';
	if (!size)
		error = TEXT_EMPTY;
	else if (!is_printable(buffer, size))
		error = TEXT_MALFORMED;
	else if (buffer[size - 1] != '\n')
		error = TEXT_CUT_OFF;
	if (error == TEXT_OK)
		error = parse(text);
	if (error != TEXT_OK)
		text_free(text);
	return error;
}

const char *text_error_says(enum text_error error)
{
	switch (error) {
	case TEXT_OK:
		break;
	case TEXT_NO_MEMORY:
		return "out of memory";
	case TEXT_EMPTY:
		return "it is empty";
	case TEXT_OTHER_FORMAT:
		return "its format is not format " TEXT_FORMAT
		       ", which this program knows";
	case TEXT_MALFORMED:
		return "it is malformed";
	case TEXT_CUT_OFF:
		return "it is cut off";
	}
	return "nothing is wrong";
}

void text_free(struct text *text)
{
	free(text->line);
	free(text->buffer);
	memset(text, 0, sizeof(*text));
}

/* ---- values ---- */

static struct value classify(const char *at, size_t len)
{
	struct value value = { VALUE_GIVEN, at, len };

	if (len == 1 && *at == '-') {
		value.kind = VALUE_NONE;
	} else if (len >= 3 && !memcmp(at, "-(", 2) && at[len - 1] == ')') {
		value.kind = VALUE_UNKNOWN;
		value.at += 2;
		value.len -= 3;
	} else if (len >= 2 && *at == '"' && at[len - 1] == '"') {
		value.at++;
		value.len -= 2;
	}
	return value;
}

const char *text_next(const struct text *text, const char *key, size_t *at)
{
	while (*at < text->nr) {
		const struct text_line *line = &text->line[(*at)++];

		/* The call is what costs, for thousands of devices. */
		if (*line->key == *key && !strcmp(line->key, key))
			return line->value;
	}
	return NULL;
}

size_t text_count(const struct text *text, const char *key)
{
	size_t nr = 0, at = 0;

	while (text_next(text, key, &at))
		nr++;
	return nr;
}

struct value text_get(const struct text *text, const char *key)
{
	size_t at = 0;
	const char *value = text_next(text, key, &at);

	if (!value)
		return (struct value){ .kind = VALUE_MISSING };
	return classify(value, strlen(value));
}

/* What follows the quote that ends what begins with one, or the end of the line. */
static const char *after_quoted(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/*
 * A field ends at a space outside quotes, or where the line does. These are loops, as
 * calls of the C library for each of the many short fields take longer, emulated most
 * of all. Letters come after all that ends a name; nearly all comes after a quote.
 */
bool text_take_field(const char **line, struct field *field)
{
	const char *at = *line, *sign = NULL;

	if (!at || !*at)
		return false;
	field->name = at;
	while (*at > '=' || (*at && *at != '=' && *at != ' ' && *at != '"'))
		at++;
	if (*at == '=')
		sign = at;
	while (*at && *at != ' ') {
		if (*at == '"')
			at = after_quoted(at);
		else
			for (at++; *at > '"'; at++)
				;
	}
	*line = *at ? at + 1 : at;
	field->name_len = (sign ? sign : at) - field->name;
	field->value = sign ? classify(sign + 1, at - sign - 1) :
			      (struct value){ .kind = VALUE_MISSING };
	return true;
}

bool field_is(const struct field *field, const char *name)
{
	/* Most differ in the first letter, and the call is what costs. */
	return field->value.kind != VALUE_MISSING && *field->name == *name &&
	       !strncmp(field->name, name, field->name_len) &&
	       !name[field->name_len];
}

struct value text_field(const char *line, const char *name)
{
	struct field field;

	while (text_take_field(&line, &field))
		if (field_is(&field, name))
			return field.value;
	return (struct value){ .kind = VALUE_MISSING };
}

struct value text_key_field(const struct text *text, const char *key,
			    const char *name)
{
	size_t at = 0;

	return text_field(text_next(text, key, &at), name);
}

static bool decimal_number(struct value value, uint64_t *number)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < value.len; i++)
		if (value.at[i] < '0' || value.at[i] > '9' ||
		    __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, value.at[i] - '0', &sum))
			return false;
	*number = sum;
	return true;
}

static bool hexadecimal_number(struct value value, uint64_t *number)
{
	char digits[NUMBER_LEN], *end;

	memcpy(digits, value.at, value.len);
	digits[value.len] = '\0';
	errno = 0;
	*number = strtoull(digits, &end, 16);
	return !errno && !*end && end - digits > 2;
}

bool value_number(struct value value, uint64_t *number)
{
	if (value.kind != VALUE_GIVEN || !value.len || value.len >= NUMBER_LEN)
		return false;
	return value.len >= 2 && !memcmp(value.at, "0x", 2) ?
		hexadecimal_number(value, number) :
		decimal_number(value, number);
}

struct count value_count(struct value value)
{
	struct count count = {};
	uint64_t nr;

	if (value_number(value, &nr)) {
		count.known = true;
		count.nr = nr;
	}
	return count;
}

bool value_allows(struct value value, size_t nr)
{
	uint64_t number;

	return value.kind == VALUE_UNKNOWN ||
	       (value_number(value, &number) && number == nr);
}

uint64_t value_or_zero(struct value value)
{
	return value_count(value).nr;
}

bool value_is(struct value value, const char *text)
{
	return value.kind == VALUE_GIVEN &&
	       (!value.len || *value.at == *text) &&
	       !strncmp(value.at, text, value.len) && !text[value.len];
}

bool value_same(struct value a, struct value b)
{
	return a.len == b.len && !memcmp(a.at, b.at, a.len);
}

bool value_has_word(struct value value, const char *word)
{
	const char *at = value.at, *end;
	size_t len = strlen(word);

	if (value.kind != VALUE_GIVEN)
		return false;
	end = at + value.len;
	while (at < end) {
		const char *space = memchr(at, ' ', end - at);
		size_t this = (space ? space : end) - at;

		if (this == len && !memcmp(at, word, len))
			return true;
		at += this + 1;
	}
	return false;
}

bool value_is_unknown(struct value value, const char *why)
{
	return value.kind == VALUE_UNKNOWN && value.len == strlen(why) &&
	       !memcmp(value.at, why, value.len);
}

struct value value_unknown(const char *why)
{
	return (struct value){ .kind = VALUE_UNKNOWN, .at = why ? why : "",
			       .len = why ? strlen(why) : 0 };
}

char *value_copy(struct value value)
{
	return value.kind == VALUE_GIVEN ? strndup(value.at, value.len) : NULL;
}

char *value_copy_plain(struct value value)
{
	char *text = value_copy(value), *to = text, *from;

	for (from = text; from && *from; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	if (to)
		*to = '\0';
	return text;
}
