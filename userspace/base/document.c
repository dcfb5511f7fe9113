// SPDX-License-Identifier: GPL-2.0
/* What a command prints with --json. */
#include <argz.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"

/**
 * struct output - the only one
 * @asked: JSON is asked for
 * @open: it has been begun
 * @to: where it goes in the end
 * @command: whose it is
 * @put_always: what follows that in each one; NULL without
 * @data: for that
 * @json: what is written
 * @text: of that, so far
 * @size: how much that is
 * @why_incomplete: why something may be missing, or NULL
 * @messages: what was said on standard error, as of argz_add()
 * @messages_len: how many bytes that is
 */
static struct output {
	bool asked;
	bool open;
	FILE *to;
	const char *command;
	void (*put_always)(struct json *json, const void *data);
	const void *data;
	struct json json;
	char *text;
	size_t size;
	char *why_incomplete;
	char *messages;
	size_t messages_len;
} output;

static void note_message(const char *message)
{
	if (argz_add(&output.messages, &output.messages_len, message))
		abort();
}

static void discard(void)
{
	if (output.open)
		fclose(output.json.out);
	free(output.text);
	output.text = NULL;
	output.open = false;
}

static void fail_document(enum exit_status status, const char *message)
{
	discard();
	document_start(output.command);
	json_object(&output.json, "error");
	json_number(&output.json, "status", status);
	json_text(&output.json, "message", message);
	json_end(&output.json);
	document_incomplete("error");
	document_end(status);
	fflush(output.to);
}

void document_ask(void)
{
	output.asked = true;
	output.to = stdout;
	complain_hook = note_message;
	fail_hook = fail_document;
}

void document_start(const char *command)
{
	struct json *json = &output.json;

	if (!output.asked)
		return;
	memset(json, 0, sizeof(*json));
	json->out = check_memory(open_memstream(&output.text, &output.size));
	output.open = true;
	output.command = command;
	json_object(json, NULL);
	json_number(json, "schema", DOCUMENT_SCHEMA);
	json_text(json, "command", command);
	if (output.put_always)
		output.put_always(json, output.data);
}

void document_always(void (*put)(struct json *json, const void *data),
		     const void *data)
{
	output.put_always = put;
	output.data = data;
}

struct json *document(void)
{
	return output.open ? &output.json : NULL;
}

void document_incomplete(const char *why)
{
	if (output.open && !output.why_incomplete)
		output.why_incomplete = check_memory(strdup(why));
}

static void put_messages(struct json *json)
{
	const char *message = NULL;

	json_array(json, "messages");
	while ((message = argz_next(output.messages, output.messages_len,
				    message)))
		json_text(json, NULL, message);
	json_end(json);
	free(output.messages);
	output.messages = NULL;
	output.messages_len = 0;
}

void document_end(int status)
{
	struct json *json = &output.json;

	if (!output.open)
		return;
	json_bool(json, "complete", !output.why_incomplete);
	json_text(json, "complete_reason", output.why_incomplete);
	json_number(json, "status", status);
	put_messages(json);
	json_end(json);
	output.open = false;
	if (fclose(json->out)) {
		/* There is no memory for a message in JSON either. */
		complain("out of memory");
		exit(EXIT_SYSTEM);
	}
	fprintf(output.to, "%s\n", output.text);
	free(output.text);
	free(output.why_incomplete);
	output.text = NULL;
	output.why_incomplete = NULL;
}
