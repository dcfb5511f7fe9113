// SPDX-License-Identifier: GPL-2.0
/* What was found out about a device, with what would free it. */
#include <stdlib.h>
#include <string.h>

#include "verdict/verdict.h"

void verdict_add_step(struct verdict *verdict, char *action, char *cost)
{
	if (verdict->nr_steps == VERDICT_STEPS) {
		free(action);
		free(cost);
		return;
	}
	verdict->step[verdict->nr_steps].action = action;
	verdict->step[verdict->nr_steps].cost = cost;
	verdict->nr_steps++;
}

void verdict_add_warning(struct verdict *verdict, char *warning)
{
	if (verdict->nr_warnings == VERDICT_WARNINGS)
		free(warning);
	else
		verdict->warning[verdict->nr_warnings++] = warning;
}

void verdict_put_steps(struct json *json, const struct verdict_step *step,
		       size_t nr)
{
	json_array(json, "free_by");
	for (; nr; nr--, step++) {
		json_object(json, NULL);
		json_text(json, "do", step->action);
		json_text(json, "cost", step->cost);
		json_end(json);
	}
	json_end(json);
}

void verdict_free(struct verdict *verdict)
{
	size_t i;

	for (i = 0; i < verdict->nr_steps; i++) {
		free(verdict->step[i].action);
		free(verdict->step[i].cost);
	}
	for (i = 0; i < verdict->nr_warnings; i++)
		free(verdict->warning[i]);
	free(verdict->text);
	memset(verdict, 0, sizeof(*verdict));
}
