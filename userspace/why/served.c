// SPDX-License-Identifier: GPL-2.0
/* From a process down to the nbd devices that it serves, and what it owes them. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/units.h"
#include "facts/brief.h"
#include "facts/device.h"
#include "facts/device_facts.h"
#include "facts/modfile.h"
#include "holders/server.h"
#include "why/why.h"

/**
 * struct service - what a process has to do with a device
 * @is_served: it has the other end of a socket open
 * @is_one_of: so have others
 * @has_other: the device has sockets that lead elsewhere
 * @owed: requests that were sent to it, and have not been answered
 * @at_least: there may be more
 * @unknown: how many is not known
 * @oldest_ns: age of the oldest, 0 if none is known
 */
struct service {
	bool is_served;
	bool is_one_of;
	bool has_other;
	uint64_t owed;
	bool at_least;
	bool unknown;
	uint64_t oldest_ns;
};

/* One that is dead, or has closed, leads nowhere. */
static bool leads_to(const struct why *why, const char *socket, pid_t tgid,
		     bool *is_one_of)
{
	struct servers servers;
	bool leads = false;
	size_t i;

	if (value_is(text_field(socket, "dead"), "yes") ||
	    value_is(text_field(socket, "peer_exists"), "no"))
		return false;
	server_find_all(why->source, socket, &servers);
	for (i = 0; i < servers.nr; i++)
		leads |= servers.pid[i] == tgid;
	*is_one_of |= leads && servers.nr > 1;
	servers_free(&servers);
	return leads;
}

/* Those of the requests that are listed which were sent on a socket. */
static void count_sent(const struct text *text, const char *socket,
		       struct service *service)
{
	struct value index = text_field(socket, "index");
	const char *line;
	size_t at = 0;
	uint64_t age;

	while ((line = text_next(text, "request", &at))) {
		if (!value_same(text_field(line, "socket"), index))
			continue;
		service->owed++;
		age = value_or_zero(text_field(line, "age_ns"));
		if (age > service->oldest_ns)
			service->oldest_ns = age;
	}
}

/* Of how many requests is it known on which socket they were sent? */
static uint64_t count_followed(const struct text *text)
{
	const char *line;
	uint64_t nr = 0;
	size_t at = 0;

	while ((line = text_next(text, "request", &at)))
		nr += text_field(line, "socket").kind == VALUE_GIVEN;
	return nr;
}

static struct service service_of(const struct why *why,
				 const struct text *text, pid_t tgid,
				 const char *name)
{
	struct service service = {};
	struct device_facts facts;
	const char *socket;
	size_t at = 0;

	while ((socket = text_next(text, "socket", &at))) {
		if (leads_to(why, socket, tgid, &service.is_one_of)) {
			service.is_served = true;
			count_sent(text, socket, &service);
		} else {
			service.has_other = true;
		}
	}
	if (!service.is_served)
		return service;
	device_facts_read(&facts, text, name);
	service.unknown = facts.broken || !facts.inflight.known;
	if (service.unknown)
		return service;
	/* Not all are listed, and of those that are a socket may not be known. */
	if (service.has_other) {
		service.at_least = count_followed(text) < facts.inflight.nr;
		return service;
	}
	service.owed = facts.inflight.nr;
	if (facts.oldest_ns.nr > service.oldest_ns)
		service.oldest_ns = facts.oldest_ns.nr;
	return service;
}

static void say_owed(const struct service *service, const char *name)
{
	char age[UNITS_LEN];

	if (service->unknown) {
		why_say(". What it owes it is not known");
	} else if (service->owed || service->at_least) {
		why_say(", and owes it %s%" PRIu64 " request%s",
			service->at_least ? "at least " : "", service->owed,
			service->owed == 1 ? "" : "s");
		if (service->oldest_ns) {
			units_age(age, service->oldest_ns);
			why_say(", %s %s", service->owed == 1 ? "for" :
				"the oldest for", age);
		}
	} else {
		why_say(", and owes it nothing");
	}
	why_say(".");
	why_from("nbddiag/%s: socket, request", name);
}

/* Return: false, and a complaint, if what it is connected to is not known. */
static bool read_device(struct why *why, struct text *text,
			const char *name, bool *gone)
{
	enum exit_status status;
	char *message = device_read_or_say(why->source, text, name, &status);

	*gone = message && status == EXIT_NO_SUCH;
	if (message && !*gone)
		why_note_unread(why, message);
	free(message);
	return !message;
}

/* Return: whether it owes it anything, or that is not known. */
static bool explain(struct why *why, const struct task *task, const char *name)
{
	struct service service;
	struct text text;
	bool gone;

	if (!read_device(why, &text, name, &gone))
		return !gone;
	service = service_of(why, &text, task->tgid, name);
	text_free(&text);
	if (!service.is_served)
		return false;
	why_say_task(task);
	why_say(" %s %s", service.is_one_of ? "or another process serves" :
		"serves", name);
	say_owed(&service, name);
	if (service.unknown)
		why_note_unknown(why, "requests-unknown");
	if (!service.owed && !service.at_least)
		return service.unknown;
	why_waiters(why, name);
	why_rings_on(why, name);
	why_hung(why, name);
	return true;
}

bool why_served(struct why *why, const struct task *task)
{
	struct text devices;
	char **names = why_devices(why, &devices), **name;
	bool owes = why->devices_found != MODFILE_READ;
	size_t at = 0;

	for (name = names; *name; name++)
		if (!value_is(text_field(brief_find(&devices, *name, &at),
					 "state"), "free"))
			owes |= explain(why, task, *name);
	source_free_names(names);
	text_free(&devices);
	return owes;
}
