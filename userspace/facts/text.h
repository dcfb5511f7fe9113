/* SPDX-License-Identifier: GPL-2.0 */
/* Reads the text of nbddiag(4): lines of "key: value", fields in a value. */
#ifndef NBDDIAG_TEXT_H
#define NBDDIAG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The format that this reader knows. */
#define TEXT_FORMAT "1"

struct text_line {
	const char *key;
	const char *value;
};

/**
 * struct text - a file, taken apart
 * @line: its lines, without the first
 * @nr: how many
 * @buffer: what the lines point into
 * @room: entries allocated, while it is taken apart
 */
struct text {
	struct text_line *line;
	size_t nr;
	char *buffer;
	size_t room;
};

enum text_error {
	TEXT_OK,
	TEXT_NO_MEMORY,
	TEXT_EMPTY,
	TEXT_OTHER_FORMAT,
	TEXT_MALFORMED,
	TEXT_CUT_OFF,
};

enum value_kind {
	VALUE_MISSING,		/* there is no such key or field */
	VALUE_NONE,		/* "-": there is nothing to show */
	VALUE_UNKNOWN,		/* "-(reason)" */
	VALUE_GIVEN,
};

/**
 * struct value - a field, or the value of a key
 * @kind: what it is
 * @at: first byte: of what is in the quotes, still escaped; of the reason
 * @len: how many bytes
 */
struct value {
	enum value_kind kind;
	const char *at;
	size_t len;
};

/**
 * struct count - a number that may be unknown
 * @known: it is given
 * @nr: the number, 0 if it is not
 */
struct count {
	bool known;
	unsigned long long nr;
};

/**
 * text_parse() - take a file apart
 * @text: filled; for text_free() if TEXT_OK is returned
 * @buffer: its contents, from malloc() with room for one byte more; belongs to
 *	@text afterwards, also if it fails
 */
enum text_error text_parse(struct text *text, char *buffer, size_t size);

/**
 * text_error_says() - an error in words
 * @error: not TEXT_OK
 */
const char *text_error_says(enum text_error error);

/**
 * text_free() - give back what text_parse() took
 * @text: from text_parse(), or zeroed
 */
void text_free(struct text *text);

/**
 * text_next() - the next line with a key
 * @at: where to begin, 0 at first; set to the line after the one found
 *
 * Return: its value, or NULL if there is none.
 */
const char *text_next(const struct text *text, const char *key, size_t *at);

/* How many lines have a key. */
size_t text_count(const struct text *text, const char *key);

/* The value of the first line with a key. */
struct value text_get(const struct text *text, const char *key);

/**
 * struct field - a field of a line's value
 * @name: before the equals sign, not terminated
 * @name_len: of it
 * @value: after it, VALUE_MISSING without the sign
 */
struct field {
	const char *name;
	size_t name_len;
	struct value value;
};

/**
 * text_take_field() - take the next field of a value
 * @line: what is left of the value of a line, or NULL; moved on
 *
 * Return: false at its end.
 */
bool text_take_field(const char **line, struct field *field);

/* Has a field this name? */
bool field_is(const struct field *field, const char *name);

/**
 * text_field() - a field of a value
 * @line: the value of a line, or NULL
 */
struct value text_field(const char *line, const char *name);

/* A field of the first line with a key. */
struct value text_key_field(const struct text *text, const char *key,
			    const char *name);

/**
 * value_number() - a value as a number
 * @value: a decimal, or with 0x a hexadecimal number
 * @number: set
 *
 * Return: false if it is not given, or no number.
 */
bool value_number(struct value value, uint64_t *number);

/**
 * value_count() - a value as a number that may be unknown
 * @value: what a file says, anything
 */
struct count value_count(struct value value);

/**
 * value_allows() - can there be so many?
 * @value: how many there are, as a file says it
 * @nr: how many were found
 *
 * Return: true also if the file says that it is not known.
 */
bool value_allows(struct value value, size_t nr);

/**
 * value_or_zero() - a value as a number, 0 if it is not given
 * @value: what a file says, anything
 */
uint64_t value_or_zero(struct value value);

/**
 * value_is() - is a value given, and this?
 * @text: what it may be
 */
bool value_is(struct value value, const char *text);

/* Is a value not known, and this the reason? */
bool value_is_unknown(struct value value, const char *why);

/* What is not known. @why: a word, which stays where it is; NULL without one */
struct value value_unknown(const char *why);

/* Are two values the same bytes? */
bool value_same(struct value a, struct value b);

/**
 * value_has_word() - is a word one of those of a value, as a flag's name?
 * @value: words with spaces between them
 */
bool value_has_word(struct value value, const char *word);

/**
 * value_copy() - a value as a string
 *
 * Return: a string for free(); NULL if it is not given.
 */
char *value_copy(struct value value);

/**
 * value_copy_plain() - a value in quotes as a string, without the backslashes before quotes
 *	and backslashes
 *
 * Undoes that much of what escape_copy() does: \xHH stays, so that it is safe to print.
 *
 * Return: as value_copy().
 */
char *value_copy_plain(struct value value);

#endif /* NBDDIAG_TEXT_H */
