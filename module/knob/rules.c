// SPDX-License-Identifier: GPL-2.0
/* What may be written to the knob, and when it is refused. */
#include "knob/rules.h"

#define GENERATION_DIGITS 16
#define DEVICE_DIGITS_MAX 7

static const struct cleanup_meaning meanings[CLEANUP_VERDICTS] = {
#define WORD_ANSWER(id, error, word, sentence) \
	[CLEANUP_##id] = { word, error, sentence },
#include "access/words.h"
};

const struct cleanup_meaning *cleanup_meaning(enum cleanup_verdict verdict)
{
	return &meanings[verdict];
}

static const char * const action_words[] = {
	[CLEANUP_SOCKETS] = "sockets",
	[CLEANUP_FAIL_IO] = "fail-io",
};

const char *cleanup_action_text(enum cleanup_action action)
{
	return action_words[action];
}

/* ---- the command ---- */

struct word {
	const char *at;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Return: false if there is no further word. */
static bool next_word(struct word *word, const char **at, const char *end)
{
	while (*at < end && is_blank(**at))
		++*at;
	word->at = *at;
	while (*at < end && !is_blank(**at))
		++*at;
	word->len = *at - word->at;
	return word->len;
}

static bool parse_device(char *name, const struct word *word)
{
	size_t digits = word->len - 3, i;

	if (word->len < 4 || digits > DEVICE_DIGITS_MAX ||
	    memcmp(word->at, "nbd", 3) || (word->at[3] == '0' && digits > 1))
		return false;
	for (i = 3; i < word->len; i++)
		if (word->at[i] < '0' || word->at[i] > '9')
			return false;
	memcpy(name, word->at, word->len);
	name[word->len] = '\0';
	return true;
}

static bool parse_action(enum cleanup_action *action, const struct word *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(action_words); i++) {
		if (word->len == strlen(action_words[i]) &&
		    !memcmp(word->at, action_words[i], word->len)) {
			*action = i;
			return true;
		}
	}
	return false;
}

static bool parse_generation(u64 *generation, const struct word *word)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	size_t i;

	if (word->len != GENERATION_DIGITS)
		return false;
	*generation = 0;
	for (i = 0; i < word->len; i++) {
		digit = memchr(digits, word->at[i], GENERATION_DIGITS);
		if (!digit)
			return false;
		*generation = *generation << 4 | (u64)(digit - digits);
	}
	return true;
}

bool cleanup_parse(struct cleanup_command *command, const char *text,
		   size_t len)
{
	struct word device, action, generation, more;
	const char *at = text, *end = text + len;

	return len <= CLEANUP_COMMAND_MAX &&
	       next_word(&device, &at, end) &&
	       next_word(&action, &at, end) &&
	       next_word(&generation, &at, end) &&
	       !next_word(&more, &at, end) &&
	       parse_device(command->device, &device) &&
	       parse_action(&command->action, &action) &&
	       parse_generation(&command->generation, &generation);
}

/* ---- the rules ---- */

u32 cleanup_strays(const struct nbd_facts *f)
{
	return f->sockets - f->dead - f->held;
}

/* In which states nothing is done, whatever is asked for. */
static enum cleanup_verdict judge_state(const struct nbd_facts *f,
					enum nbd_state state)
{
	switch (state) {
	case NBD_STATE_FREE:
	case NBD_STATE_OPENED:
		return CLEANUP_NOT_CONFIGURED;
	case NBD_STATE_SETUP:
		return CLEANUP_BEING_SET_UP;
	case NBD_STATE_CONNECTED:
	case NBD_STATE_DEGRADED:
		return CLEANUP_IN_USE;
	case NBD_STATE_DISCONNECTED:
	case NBD_STATE_ORPHANED:
		return f->receivers ? CLEANUP_RECEIVERS : CLEANUP_OK;
	case NBD_STATE_UNKNOWN:
		break;
	}
	return CLEANUP_STATE_UNKNOWN;
}

/* A task that has just given its socket may be about to start the device. */
static enum cleanup_verdict judge_sockets(const struct nbd_facts *f,
					  enum nbd_state state)
{
	if (state != NBD_STATE_ORPHANED)
		return CLEANUP_NOTHING;
	if (f->starter == STARTER_UNKNOWN)
		return CLEANUP_LAYOUT;
	if (f->starter == STARTER_HAS_DEVICE || f->starter == STARTER_ALIVE)
		return CLEANUP_BEING_SET_UP;
	return CLEANUP_OK;
}

static enum cleanup_verdict judge_requests(const struct nbd_facts *f)
{
	if (f->inflight < 0)
		return CLEANUP_LAYOUT;
	return f->inflight ? CLEANUP_OK : CLEANUP_NOTHING;
}

enum cleanup_verdict cleanup_judge(enum cleanup_action action,
				   const struct nbd_facts *f)
{
	enum cleanup_verdict verdict;
	enum nbd_state state;
	const char *unused;

	if (action == CLEANUP_SOCKETS && !f->locked)
		return CLEANUP_LOCK_HELD;
	if (f->why_unknown)
		return CLEANUP_LAYOUT;
	state = nbd_state(f, &unused);
	verdict = judge_state(f, state);
	if (verdict != CLEANUP_OK)
		return verdict;
	if (action == CLEANUP_SOCKETS)
		return judge_sockets(f, state);
	return judge_requests(f);
}
