// SPDX-License-Identifier: GPL-2.0
/* What it costs to fail requests. */
#include "base/say.h"
#include "facts/device_facts.h"
#include "verdict/cost.h"

const char *cost_at_least(const struct device_facts *f)
{
	return f->inflight.nr > f->shown.nr ? "at least " : "";
}

char *cost_of_failing(const struct device_facts *f)
{
	if (!f->inflight.known)
		return say("what is in flight fails with I/O errors. "
			   "Whether that is DATA LOSS is not known");
	if (!f->inflight.nr)
		return say("nothing is in flight, so no request fails");
	if (f->writes)
		return say("DATA LOSS: requests in flight (%llu) fail with I/O errors, "
			   "writes among them: %s%u. "
			   "Whether the server has carried these out is not known",
			   f->inflight.nr, cost_at_least(f), f->writes);
	if (f->reads < f->inflight.nr)
		return say("requests in flight (%llu) fail with I/O errors. "
			   "It is DATA LOSS if any of them writes, which is not known",
			   f->inflight.nr);
	return say("reads in flight (%llu) fail with I/O errors. "
		   "No write is lost by that", f->inflight.nr);
}
