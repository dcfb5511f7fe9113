/* SPDX-License-Identifier: GPL-2.0 */
/* What a verdict is made from: a device's file, read with suspicion. */
#ifndef NBDDIAG_DEVICE_FACTS_H
#define NBDDIAG_DEVICE_FACTS_H

#include "facts/rows.h"
#include "facts/text.h"

/* The words of "state", from the list that the module takes them from too. */
enum fact_state {
#define WORD_STATE(id, word, sentence) STATE_##id,
#include <access/words.h>
	STATE_OTHER,		/* a word that this program does not know */
};

/* The same for "attachable_reason". */
enum fact_attach {
#define WORD_ATTACH(id, answer, word, sentence) ATTACH_##id,
#include <access/words.h>
	ATTACH_OTHER,
};

/* A server that has not answered for so long is taken for stuck. */
#define FACT_STUCK_S 30

/* The same, if --stuck-after says otherwise. */
extern unsigned int device_facts_stuck_s;

/**
 * struct device_facts - a device, as far as its file is to be believed
 * @device: its name, as it was asked for
 * @broken: a key that is missing, is there twice or makes no sense; or NULL
 * @state: state
 * @state_word: the same as it is written, as far as there is room
 * @state_reason: state_reason
 * @attach: attachable_reason
 * @attach_word: the same as it is written
 * @attachable: "yes"
 * @not_attachable: "no"; neither if it is not known
 * @consistent: it was read with nbd's lock held
 * @holder: thread that held the lock instead
 * @holder_comm: its name
 * @holder_state: its state letter
 * @openers: openers
 * @config_refs: config_refs
 * @receivers: of kept_by
 * @netlink: of kept_by
 * @no_keepers: kept_by is "-"
 * @inflight: requests in flight
 * @shown: how many of them have a line
 * @oldest_ns: age of the oldest one
 * @reads: lines of reads
 * @writes: lines of requests that change what is stored
 * @sockets: sockets, as nbd counts
 * @counted: how many of them the state is made from
 * @live: not marked dead
 * @peers_differ: "peers_agree: no"
 * @peers_differing: how many differ
 * @peer: the first two names
 * @peers_closed: the other ends of all sockets have closed
 * @timeout_s: timeout_s
 * @bound: the flag BOUND
 * @removing: the device goes away with its last reference
 * @setup_pid: the thread that sets it up, if it has the device open
 */
struct device_facts {
	const char *device;
	const char *broken;
	enum fact_state state;
	char state_word[FACT_LEN];
	char state_reason[FACT_LEN];
	enum fact_attach attach;
	char attach_word[FACT_LEN];
	bool attachable;
	bool not_attachable;
	bool consistent;
	struct count holder;
	char holder_comm[FACT_LEN];
	char holder_state[FACT_LEN];
	struct count openers;
	struct count config_refs;
	struct count receivers;
	struct count netlink;
	bool no_keepers;
	struct count inflight;
	struct count shown;
	struct count oldest_ns;
	unsigned int reads;
	unsigned int writes;
	struct count sockets;
	struct count counted;
	struct count live;
	bool peers_differ;
	struct count peers_differing;
	char peer[2][FACT_LEN];
	bool peers_closed;
	struct count timeout_s;
	bool bound;
	bool removing;
	struct count setup_pid;
};

/**
 * device_facts_read() - take the facts from a device's file
 * @text: the file, which may be cut off, hostile or of a newer module
 * @device: the device that was asked for
 */
void device_facts_read(struct device_facts *facts, const struct text *text,
		       const char *device);

/**
 * device_facts_read_brief() - take those that the file "devices" has
 * @text: a line of that, from brief_parse()
 * @device: the device that it should be of
 *
 * Nothing is known of who has nbd's lock or keeps the device, of single requests
 * and sockets, and of other names at their ends than the first.
 */
void device_facts_read_brief(struct device_facts *facts, const struct text *text,
			     const char *device);

/**
 * device_facts_state_reason() - is this a reason of nbddiag(4) for the state?
 * @sentence: set to what it means, if it is one
 *
 * Return: the reason as a constant, NULL if it is none.
 */
const char *device_facts_state_reason(const struct device_facts *facts,
				      const char **sentence);

/**
 * device_facts_attach_fits() - can a device in this state have this attachable?
 * @facts: the facts, not of a device whose lock is held or which goes away
 */
bool device_facts_attach_fits(const struct device_facts *facts);

/* Is there a request that should long be answered? */
bool device_facts_are_stuck(const struct device_facts *facts);

/**
 * device_facts_are_left_over() - does nothing serve the device any more?
 * @facts: the facts; its last receivers may still be about to end
 */
bool device_facts_are_left_over(const struct device_facts *facts);

/* What an attachable_reason is. */
enum fact_attach device_facts_attach(struct value value);

/**
 * device_facts_attach_word() - the word for an attachable_reason
 * @attach: not ATTACH_OTHER
 */
const char *device_facts_attach_word(enum fact_attach attach);

/* What an attachable_reason means, ATTACH_OTHER too. */
const char *device_facts_attach_sentence(enum fact_attach attach);

#endif /* NBDDIAG_DEVICE_FACTS_H */
