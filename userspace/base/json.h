/* SPDX-License-Identifier: GPL-2.0 */
/* Writes JSON: all that the program prints of it comes from here. */
#ifndef NBDDIAG_JSON_H
#define NBDDIAG_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct json - a value that is being written
 * @out: where it goes
 * @depth: how many objects and arrays are open
 * @closer: how each of them ends
 * @more: it has a member already
 */
struct json {
	FILE *out;
	unsigned int depth;
	char closer[32];
	bool more[32];
};

/**
 * json_string() - write a string, with its quotes
 * @text: any bytes; what is not printable ASCII is written as the text \xHH
 */
void json_string(FILE *out, const char *text);

/*
 * Below, @name is that of a member of an object; NULL in an array, and at the
 * top. Texts may be NULL, which is null.
 */
void json_object(struct json *json, const char *name);
void json_array(struct json *json, const char *name);
/* The end of the innermost object or array. */
void json_end(struct json *json);

void json_text(struct json *json, const char *name, const char *text);
void json_number(struct json *json, const char *name, uint64_t number);
void json_bool(struct json *json, const char *name, bool yes);

/**
 * json_plain() - a number or bool that is written already
 * @text: for instance "-1" or "12.5"
 */
void json_plain(struct json *json, const char *name, const char *text);

/**
 * json_unknown() - null, with the reason beside it in NAME_unknown
 * @why: the reason, NULL without
 */
void json_unknown(struct json *json, const char *name, const char *why);

/**
 * json_names() - an array of names
 * @text: with commas between them, NULL without any; what begins with "-(" is
 *	not known, and null
 */
void json_names(struct json *json, const char *name, const char *text);

/**
 * json_flags() - an array of the names of bits
 * @text: a number, then the names with spaces between them: "0x5 READ EXEC"
 */
void json_flags(struct json *json, const char *name, const char *text);

/**
 * json_numbers() - an array of numbers
 * @text: for instance "3,5-7", NULL without any
 */
void json_numbers(struct json *json, const char *name, const char *text);

#endif /* NBDDIAG_JSON_H */
