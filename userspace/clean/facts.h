/* SPDX-License-Identifier: GPL-2.0 */
/* What a plan to clean a device is made from: its file, read with suspicion. */
#ifndef NBDDIAG_CLEAN_FACTS_H
#define NBDDIAG_CLEAN_FACTS_H

#include "facts/device_facts.h"
#include "facts/text.h"

/* Sixteen hexadecimal digits and a NUL. */
#define GENERATION_LEN 17

/**
 * struct clean_facts - a device, as far as its file is to be believed
 * @dev: what its verdict is made from
 * @generation: which configuration it is; empty if that is not known
 * @generation_text: the line, for messages; empty if the module has none
 * @index: its number in nbd
 * @recv_threads: receivers, as nbd counts them
 * @held: sockets that are not dead and that a process has open
 * @dead_conn_timeout_s: for how long requests wait for a reconnect
 * @started: HAS_PID_FILE: it was attached in this configuration
 * @disconnected: DISCONNECTED
 * @destroyed: it goes away when it is disconnected
 * @open: sockets that are neither dead nor shut down, of those that have a line
 * @sending: sockets with a sender on them, of those that have a line
 * @why_no_farewell: why a message to each of its servers might hang, or do
 *	harm; NULL if it cannot
 */
struct clean_facts {
	struct device_facts dev;
	char generation[GENERATION_LEN];
	char generation_text[FACT_LEN];
	struct count index;
	struct count recv_threads;
	struct count held;
	struct count dead_conn_timeout_s;
	bool started;
	bool disconnected;
	bool destroyed;
	unsigned int open;
	unsigned int sending;
	const char *why_no_farewell;
};

/**
 * clean_facts_read() - take the facts from a device's file
 * @text: the file, which may be cut off, hostile or of another module
 * @device: the device that was asked for
 */
void clean_facts_read(struct clean_facts *facts, const struct text *text,
		      const char *device);

/**
 * clean_facts_strays() - sockets that are not dead and that nobody has open
 *
 * Return: how many; 0 if that is not known.
 */
unsigned long long clean_facts_strays(const struct clean_facts *facts);

#endif /* NBDDIAG_CLEAN_FACTS_H */
