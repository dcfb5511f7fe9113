// SPDX-License-Identifier: GPL-2.0
/* What "show --json" has: the device's file, with types. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "commands/show_json.h"

enum type {
	TYPE_TEXT,
	TYPE_NUMBER,
	TYPE_BOOL,	/* yes and no */
	TYPE_WORD,	/* one of all that there are */
	TYPE_FLAGS,	/* a number, then names of its bits: an array of names */
	TYPE_LONE,	/* a word that has no value: is it there? */
	TYPE_LINE,	/* fields: an object */
	TYPE_LINES,	/* the same, and there may be several: an array */
};

/**
 * struct member - a key of the file, or a field of a line
 * @fields: of a line, what is in it
 * @words: of a word, all that there are
 */
struct member {
	const char *name;
	enum type type;
	const struct member *fields;
	const char * const *words;
};

#define NUMBER(name) { name, TYPE_NUMBER, NULL, NULL }
#define BOOL(name) { name, TYPE_BOOL, NULL, NULL }
#define WORD(name, words) { name, TYPE_WORD, NULL, words }
#define FLAGS(name) { name, TYPE_FLAGS, NULL, NULL }
#define LONE(name) { name, TYPE_LONE, NULL, NULL }
#define LINE(name, fields) { name, TYPE_LINE, fields, NULL }
#define LINES(name, fields) { name, TYPE_LINES, fields, NULL }

/* ---- what the file has ---- */

/* What is not named here is text; so a type never depends on what is there. */

static const char * const states[] = {
#define WORD_STATE(id, word, sentence) word,
#include <access/words.h>
	NULL
};

static const char * const shutdowns[] = { "none", "recv", "send", "both", NULL };
static const char * const peers[] = { "yes", "no", "unaccepted", NULL };
static const char * const tx_locks[] = { "held", "free", NULL };

static const struct member task[] = {
	LONE("gone"),
	NUMBER("pid"),
	NUMBER("tgid"),
	BOOL("has_device_open"),
	{}
};

static const struct member kept_by[] = {
	NUMBER("openers"),
	NUMBER("receivers"),
	NUMBER("netlink"),
	{}
};

static const struct member sockets[] = {
	NUMBER("total"),
	NUMBER("counted"),
	NUMBER("dead"),
	NUMBER("live"),
	NUMBER("held"),
	NUMBER("shown"),
	{}
};

static const struct member requests[] = {
	NUMBER("inflight"),
	NUMBER("oldest_age_ns"),
	NUMBER("shown"),
	{}
};

static const struct member request[] = {
	NUMBER("sector"),
	NUMBER("bytes"),
	NUMBER("age_ns"),
	NUMBER("socket"),
	NUMBER("retries"),
	NUMBER("aio_requests"),
	NUMBER("aio_pid"),
	{}
};

static const struct member socket[] = {
	NUMBER("index"),
	BOOL("dead"),
	WORD("shutdown", shutdowns),
	NUMBER("file_refs"),
	NUMBER("inode"),
	WORD("peer_exists", peers),
	NUMBER("peer_pid"),
	NUMBER("own_pid"),
	NUMBER("unread_bytes"),
	NUMBER("unsent_bytes"),
	NUMBER("cookie"),
	NUMBER("fallback"),
	BOOL("pending"),
	NUMBER("sent_bytes"),
	WORD("tx_lock", tx_locks),
	{}
};

static const struct member device[] = {
	WORD("state", states),
	BOOL("attachable"),
	BOOL("consistent"),
	LINE("lock_holder", task),
	NUMBER("openers"),
	NUMBER("config_refs"),
	LINE("kept_by", kept_by),
	NUMBER("refs"),
	NUMBER("index"),
	NUMBER("capacity_bytes"),
	NUMBER("block_size_bytes"),
	BOOL("read_only"),
	FLAGS("device_flags"),
	NUMBER("timeout_s"),
	LINE("setup_task", task),
	LINE("attached_task", task),
	FLAGS("flags"),
	FLAGS("runtime_flags"),
	NUMBER("config_size_bytes"),
	NUMBER("config_block_size_bytes"),
	NUMBER("dead_conn_timeout_s"),
	NUMBER("num_connections"),
	NUMBER("live_connections"),
	NUMBER("recv_threads"),
	BOOL("peers_agree"),
	NUMBER("peers_differing"),
	LINE("sockets", sockets),
	LINE("requests", requests),
	LINES("socket", socket),
	LINES("request", request),
	{}
};

/* Those that are there also if they are missing in the file. */
static const char * const always[] = {
	"state", "attachable", "consistent", "openers",
};

static const struct member *member_of(const struct member *members,
				      const char *name)
{
	static const struct member text = { .type = TYPE_TEXT };

	for (; members->name; members++)
		if (!strcmp(members->name, name))
			return members;
	return &text;
}

/* ---- values ---- */

/* Negative ones too, as of "fallback". */
static bool put_number(struct json *json, const char *name, struct value value)
{
	bool minus = value.len && *value.at == '-';
	struct value digits = value;
	uint64_t number;
	char *text;

	digits.at += minus;
	digits.len -= minus;
	if (!value_number(digits, &number))
		return false;
	text = say("%s%" PRIu64, minus ? "-" : "", number);
	json_plain(json, name, text);
	free(text);
	return true;
}

static bool put_bool(struct json *json, const char *name, struct value value)
{
	if (!value_is(value, "yes") && !value_is(value, "no"))
		return false;
	json_bool(json, name, value_is(value, "yes"));
	return true;
}

static bool put_word(struct json *json, const char *name, struct value value,
		     const char * const *words)
{
	for (; *words; words++) {
		if (value_is(value, *words)) {
			json_text(json, name, *words);
			return true;
		}
	}
	return false;
}

static bool put_text(struct json *json, const char *name, struct value value,
		     enum type type)
{
	char *text = check_memory(value_copy(value));

	if (type == TYPE_FLAGS)
		json_flags(json, name, text);
	else
		json_text(json, name, text);
	free(text);
	return true;
}

/* Return: false if it is not what it should be. */
static bool put_given(struct json *json, const char *name, struct value value,
		      const struct member *member)
{
	switch (member->type) {
	case TYPE_NUMBER:
		return put_number(json, name, value);
	case TYPE_BOOL:
		return put_bool(json, name, value);
	case TYPE_WORD:
		return put_word(json, name, value, member->words);
	default:
		return put_text(json, name, value, member->type);
	}
}

/* What is not known is null, with the reason beside it. */
static void put_member(struct json *json, const char *name, struct value value,
		       const struct member *member)
{
	char *why = NULL;

	if (value.kind == VALUE_GIVEN) {
		if (!put_given(json, name, value, member))
			json_unknown(json, name, "not-understood");
		return;
	}
	if (value.kind == VALUE_UNKNOWN)
		why = check_memory(strndup(value.at, value.len));
	json_unknown(json, name, why);
	free(why);
}

/* ---- lines ---- */

/* As in "gone pid=4268". */
static bool has_lone_word(const char *line, const char *word)
{
	struct field field;

	while (text_take_field(&line, &field))
		if (field.value.kind == VALUE_MISSING &&
		    field.name_len == strlen(word) &&
		    !memcmp(field.name, word, field.name_len))
			return true;
	return false;
}

/* A name that is there twice counts once. */
static void put_field(struct json *json, const char *line,
		      const struct field *field, const struct member *fields)
{
	char *name = check_memory(strndup(field->name, field->name_len));
	const struct member *member = member_of(fields, name);

	if (member->type != TYPE_LONE && *name &&
	    text_field(line, name).at == field->value.at)
		put_member(json, name, field->value, member);
	free(name);
}

static void put_object(struct json *json, const char *name, const char *line,
		       const struct member *fields)
{
	const char *at = line;
	struct field field;
	size_t i;

	json_object(json, name);
	for (i = 0; fields[i].name; i++)
		if (fields[i].type == TYPE_LONE)
			json_bool(json, fields[i].name,
				  has_lone_word(line, fields[i].name));
	while (text_take_field(&at, &field))
		if (field.value.kind != VALUE_MISSING)
			put_field(json, line, &field, fields);
	json_end(json);
}

static void put_array(struct json *json, const struct text *text,
		      const struct member *lines)
{
	const char *line;
	size_t at = 0;

	json_array(json, lines->name);
	while ((line = text_next(text, lines->name, &at)))
		put_object(json, NULL, line, lines->fields);
	json_end(json);
}

static void put_key(struct json *json, const struct text *text,
		    const char *key)
{
	const struct member *member = member_of(device, key);
	struct value value = text_get(text, key);

	if (member->type == TYPE_LINE && value.kind == VALUE_GIVEN)
		put_object(json, key, value.at, member->fields);
	else
		put_member(json, key, value, member);
}

static bool is_first(const struct text *text, size_t i)
{
	size_t at;

	for (at = 0; at < i; at++)
		if (!strcmp(text->line[at].key, text->line[i].key))
			return false;
	return true;
}

void show_json_put(struct json *json, const struct text *text)
{
	const char *key;
	size_t i;

	json_object(json, "device");
	for (i = 0; i < text->nr; i++) {
		key = text->line[i].key;
		/* Sockets and requests come last. */
		if (member_of(device, key)->type != TYPE_LINES &&
		    is_first(text, i))
			put_key(json, text, key);
	}
	for (i = 0; i < ARRAY_SIZE(always); i++)
		if (text_get(text, always[i]).kind == VALUE_MISSING)
			put_key(json, text, always[i]);
	for (i = 0; device[i].name; i++)
		if (device[i].type == TYPE_LINES)
			put_array(json, text, &device[i]);
	json_end(json);
}

/* ---- holders ---- */

static void put_task(struct json *json, const struct task *task)
{
	char state[2] = { task->state, '\0' };

	json_number(json, "pid", task->tgid);
	json_number(json, "tid", task->tid);
	json_text(json, "comm", task->comm);
	json_text(json, "state", *state ? state : NULL);
	json_text(json, "sleeps_in", task->function);
}

void show_json_holders(struct json *json, const struct holders *holders)
{
	const struct holder *holder = holders->holder;
	size_t i;

	for (i = 0; i < holders->nr; i++, holder++) {
		json_object(json, NULL);
		json_text(json, "kind", holder_kind_name(holder->kind));
		json_text(json, "device", holder->device);
		json_text(json, "what", holder->what);
		json_names(json, "via", holder->via);
		json_numbers(json, "fd", holder->fds);
		if (holder->task.tid)
			put_task(json, &holder->task);
		json_end(json);
	}
}
