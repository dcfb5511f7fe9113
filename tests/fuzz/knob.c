// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for what the module does with text and figures from
 * elsewhere: the knob's command, the rules that judge it, and the escapes. An
 * input is a command of up to CLEANUP_COMMAND_MAX bytes and more, and the same
 * bytes are facts of a device.
 */
#include <stdio.h>
#include <stdlib.h>

#include "access/escape.h"
#include "fuzz.h"
#include "knob/rules.h"

/* What was understood means the same when it is written plainly. */
static void check_command(const struct cleanup_command *command)
{
	struct cleanup_command again;
	char plain[2 * CLEANUP_COMMAND_MAX];
	int len;

	if (strncmp(command->device, "nbd", 3) ||
	    strspn(command->device + 3, "0123456789") !=
	    strlen(command->device + 3))
		abort();
	len = snprintf(plain, sizeof(plain), "%s %s %016llx", command->device,
		       cleanup_action_text(command->action),
		       (unsigned long long)command->generation);
	if (!cleanup_parse(&again, plain, len) ||
	    strcmp(again.device, command->device) ||
	    again.action != command->action ||
	    again.generation != command->generation)
		abort();
}

static void use_command(const u8 *data, size_t size)
{
	/* Of its own size, so that the sanitizer sees the end. */
	char *text = malloc(size);
	struct cleanup_command command;

	if (size)
		memcpy(text, data, size);
	if (cleanup_parse(&command, text, size))
		check_command(&command);
	free(text);
}

/* Whatever bytes there are, in turn; at their end zeros. */
struct supply {
	const u8 *at;
	size_t left;
};

static u32 take_number(struct supply *supply, u32 below)
{
	u32 value = 0;

	if (supply->left) {
		value = *supply->at++;
		supply->left--;
	}
	return value % below;
}

static void make_facts(struct nbd_facts *f, const u8 *data, size_t size)
{
	struct supply supply = { data, size };

	f->why_unknown = take_number(&supply, 8) ? NULL : "unreadable";
	f->locked = take_number(&supply, 2);
	f->reader = !f->locked && take_number(&supply, 2);
	f->removed = take_number(&supply, 2);
	f->config = take_number(&supply, 2);
	f->sockets = take_number(&supply, 256);
	f->dead = take_number(&supply, f->sockets + 1);
	f->held = take_number(&supply, f->sockets - f->dead + 1);
	f->receivers = take_number(&supply, 4);
	f->started = (enum tristate)take_number(&supply, 3) - 1;
	f->disconnected = take_number(&supply, 2);
	f->bound = take_number(&supply, 2);
	f->starter = take_number(&supply, STARTER_UNKNOWN + 1);
	f->inflight = (s64)take_number(&supply, 4) - 1;
}

/* Nothing is done to what is in use, or not known for sure. */
static void use_facts(const u8 *data, size_t size)
{
	struct nbd_facts f;
	const char *state_reason, *reason;
	enum nbd_state state;

	make_facts(&f, data, size);
	state = nbd_state(&f, &state_reason);
	if (f.why_unknown && state != NBD_STATE_UNKNOWN)
		abort();
	if (nbd_attachable(&f, &reason) == YES && (f.receivers || f.sockets) &&
	    f.config)
		abort();
	if (cleanup_judge(CLEANUP_SOCKETS, &f) == CLEANUP_OK &&
	    (state != NBD_STATE_ORPHANED || f.receivers || !f.locked))
		abort();
	if (cleanup_judge(CLEANUP_FAIL_IO, &f) == CLEANUP_OK &&
	    (f.receivers || f.inflight <= 0 || f.why_unknown))
		abort();
}

/* Each byte is there, in a form that leaves a line one line. */
static void use_escape(const u8 *data, size_t size)
{
	size_t room = size ? 3 + data[0] : 3, in, i;
	char *text = malloc(room);

	in = escape_string(text, room, data, size);
	if (in > size || text[0] != '"' || strlen(text) >= room ||
	    text[strlen(text) - 1] != '"')
		abort();
	if (in < size && strlen(text) + 5 < room)
		abort();
	for (i = 0; text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	use_command(data, size);
	use_facts(data, size);
	use_escape(data, size);
	return 0;
}
