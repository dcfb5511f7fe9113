// SPDX-License-Identifier: GPL-2.0
/*
 * Patterns: what was seen on other hosts, by what a device's file, its server and
 * the kernel's log have of it. A pattern says what something looks like, and
 * never what it is.
 */
#include <string.h>

#include "base/array_size.h"
#include "facts/device.h"
#include "host/kernel_log.h"
#include "why/pattern.h"

/* ---- what they have in common ---- */

static bool is_held(const struct symptoms *s)
{
	return s->facts.attach == ATTACH_STARTED ||
	       s->facts.attach == ATTACH_LEFTOVER;
}

static bool is_served(const struct symptoms *s)
{
	return s->facts.receivers.known && s->facts.receivers.nr;
}

/* What the log has of it is then of another time: the log keeps lines for days. */
static bool works(const struct symptoms *s)
{
	return is_served(s) && s->facts.sockets.nr == s->facts.live.nr &&
	       !device_facts_are_stuck(&s->facts);
}

static bool has_socket(const struct symptoms *s, const char *field,
		       const char *word)
{
	const char *socket;
	size_t at = 0;

	while ((socket = text_next(s->text, "socket", &at)))
		if (value_is(text_field(socket, field), word))
			return true;
	return false;
}

/* ---- each of them ---- */

/* The first socket is dead, and each attempt since has left another one. */
static bool fits_retry_leak(const struct symptoms *s)
{
	return s->facts.state == STATE_ORPHANED && is_held(s) &&
	       s->facts.openers.nr && s->facts.sockets.nr > 1 &&
	       s->facts.live.nr && s->facts.live.nr < s->facts.sockets.nr;
}

static bool fits_dead_setup(const struct symptoms *s)
{
	return s->facts.attach == ATTACH_SETUP_TASK_SET &&
	       !s->facts.setup_pid.known;
}

static bool fits_immortal_request(const struct symptoms *s)
{
	return is_served(s) && device_facts_are_stuck(&s->facts) &&
	       s->facts.timeout_s.known && !s->facts.timeout_s.nr &&
	       !strchr("TtF", s->server_state ? s->server_state : 'S');
}

static bool fits_freeze(const struct symptoms *s)
{
	return s->facts.inflight.nr && (s->freeze_waits ||
	       (s->holder_sleeps_in &&
		!strncmp(s->holder_sleeps_in, "blk_mq_freeze_queue", 19)));
}

static bool fits_bound(const struct symptoms *s)
{
	return (s->facts.attach == ATTACH_BOUND || is_held(s)) &&
	       s->facts.bound && s->facts.netlink.known &&
	       !s->facts.netlink.nr;
}

static bool fits_not_working(const struct symptoms *s)
{
	return !works(s);
}

static bool fits_not_served(const struct symptoms *s)
{
	return !is_served(s);
}

static bool fits_partial_send(const struct symptoms *s)
{
	return has_socket(s, "pending", "yes") &&
	       device_facts_are_stuck(&s->facts);
}

static bool fits_stopped(const struct symptoms *s)
{
	return s->facts.inflight.nr && is_served(s) &&
	       strchr("TtF", s->server_state ? s->server_state : 'S');
}

static bool fits_wrong_volume(const struct symptoms *s)
{
	return s->facts.peers_differ && s->facts.peers_differing.nr &&
	       is_served(s);
}

static const struct pattern patterns[] = {
	{ "server-stopped",
	  "its server was stopped by a signal, a debugger or the freezer, and answers nothing",
	  "all kernels",
	  "let the server go on (kill -CONT, or thaw its cgroup). What is in flight is then carried out",
	  .fits = fits_stopped },
	{ "retry-leak",
	  "somebody keeps it open after its connection was lost, so that each attempt to attach it again fails, and leaves a socket",
	  "all kernels before 7.3, which refuses the attempt at once",
	  "end what has it open. The last close frees it, with all these sockets",
	  .fits = fits_retry_leak },
	{ "dead-setup",
	  "a task began to attach it, and has ended or closed it without finishing that",
	  "all kernels",
	  "close what has it open. The last close frees it",
	  .fits = fits_dead_setup },
	{ "immortal-request",
	  "a request has no timeout, and its server has not answered it",
	  "all kernels, if the client set no timeout",
	  "look at the server. Next time, attach with a timeout (nbd-client -timeout)",
	  .fits = fits_immortal_request },
	{ "freeze-behind-request",
	  "a change of the device waits for a request to be answered, and keeps locks meanwhile",
	  "all kernels for a change of its size or of its queue, those before 7.3 for an attach too",
	  "have the request answered, or failed. Until then whatever wants these locks waits too",
	  .fits = fits_freeze },
	{ "bound-without-reference",
	  "it is marked as made over netlink, but netlink's reference to its configuration has gone",
	  "all kernels with netlink",
	  "close what has it open. The last close frees it",
	  .fits = fits_bound },
	{ "send-denied",
	  "a security module (SELinux, AppArmor) did not let a process that used it send to its server, and nbd gave up the connection",
	  "kernels in which nbd sends with the rights of that process, as 5.10 and 6.1. Stable 6.12 from 6.12.56 on and 7.3 do not",
	  "find the process in the audit log, and change the policy so that it may send. Then attach the device again",
	  .fits = fits_not_working,
	  .logged = "Send control failed (result -13)" },
	{ "socket-kind",
	  "nbd was given a socket that is neither of TCP nor a stream of unix",
	  "kernels that have the fix of CVE-2025-40080, as stable 6.1 and 6.12 have",
	  "give it a socket of TCP or unix",
	  .fits = fits_not_served,
	  .logged = "Unsupported socket: should be TCP or UNIX" },
	{ "partial-send",
	  "a request was sent in part, and the rest waits for the server to read",
	  "all kernels; from 6.14 on a worker sends the rest, and keeps the locks meanwhile",
	  "look at the server: it does not read",
	  .fits = fits_partial_send },
	{ "wrong-volume",
	  "its sockets lead to servers of different names, and it is served by them at once",
	  "all kernels",
	  "stop all use of it now, as data may be mixed up. Then compare what these servers have",
	  .fits = fits_wrong_volume },
};

bool pattern_needs_log(const struct symptoms *symptoms)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++)
		if (patterns[i].logged && !symptoms->log &&
		    !symptoms->facts.broken && patterns[i].fits(symptoms))
			return true;
	return false;
}

static bool is_logged(const struct symptoms *s, const char *what)
{
	size_t len;

	return !what || kernel_log_find(s->log, s->facts.device, what, &len);
}

const struct pattern *pattern_next(const struct symptoms *symptoms, size_t *at)
{
	while (*at < ARRAY_SIZE(patterns)) {
		const struct pattern *pattern = &patterns[(*at)++];

		if (!symptoms->facts.broken && pattern->fits(symptoms) &&
		    is_logged(symptoms, pattern->logged))
			return pattern;
	}
	return NULL;
}
