// SPDX-License-Identifier: GPL-2.0
/* What the steps to clean a device cost. */
#include <stdlib.h>

#include "base/say.h"
#include "clean/cost.h"
#include "verdict/verdict.h"

bool clean_may_have_requests(const struct clean_facts *f)
{
	return !f->dev.inflight.known || f->dev.inflight.nr;
}

char *clean_cost_of_failing(const struct clean_facts *f)
{
	static const char rest[] =
		"file systems on it may go read-only; "
		"a server that was only stopped may still do what it had read";
	const struct verdict_facts *dev = &f->dev;
	const char *more = dev->inflight.nr > dev->shown.nr ? "at least " : "";

	if (!dev->inflight.known)
		return say("what is in flight fails with I/O errors; "
			   "how much that is, is not known; %s", rest);
	if (!dev->inflight.nr)
		return say("nothing is in flight, so no request fails");
	if (dev->writes)
		return say("DATA LOSS; requests that fail with an I/O error: %llu; "
			   "of these, %s%u write, and their data is lost; %s",
			   dev->inflight.nr, more, dev->writes, rest);
	if (dev->reads < dev->inflight.nr)
		return say("requests that fail with an I/O error: %llu; "
			   "DATA LOSS if any of them writes, which is not known; %s",
			   dev->inflight.nr, rest);
	return say("reads that fail with an I/O error: %llu; "
		   "no write is lost by that; %s",
		   dev->inflight.nr, rest);
}

char *clean_cost_of_disconnect(const struct clean_facts *f)
{
	char *failing = clean_cost_of_failing(f);
	char *cost = say("%s%s%s", failing, f->dev.netlink.nr ?
			 "; it can no longer be reconnected in place" :
			 "",
			 f->dev.openers.nr ?
			 "; who has it open loses it" : "");

	free(failing);
	return cost;
}

/* Who hangs sending gets an error; what was sent goes on waiting. */
char *clean_cost_of_sockets(const struct clean_facts *f)
{
	static const char rest[] =
		"from then on whoever has it open gets I/O errors; "
		"the servers see the connections close; "
		"the device does not become attachable by it";

	if (clean_may_have_requests(f))
		return say("requests that hang half sent, or in being sent, fail; "
			   "DATA LOSS if one of them writes; "
			   "others in flight are left; %s", rest);
	return say("nothing is in flight, so no request fails; %s",
		   rest);
}
