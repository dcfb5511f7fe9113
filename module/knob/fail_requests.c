// SPDX-License-Identifier: GPL-2.0
/* Completes the requests of a device with an I/O error. */
#include <linux/blk-mq.h>
#include <linux/jiffies.h>

#include "knob/actions.h"
#include "layout/layout.h"
#include "object/task_files.h"

/* Bits of nbd_cmd.flags. Before 5.16 mainline has no INFLIGHT. */
#define CMD_REQUEUED 1
#define CMD_INFLIGHT 2

/* A request whose timer may run at this moment is left alone. */
#define TIMER_MARGIN (HZ / 2)

/* Whether nbd has INFLIGHT is asked once, so that no two steps disagree. */
struct fail {
	const void *nbd;
	bool has_inflight;
	u32 failed;
	u32 left;
};

static void assume_known(void *known)
{
	*(bool *)known = true;
}

static void check_flags(struct request *rq, void *known)
{
	unsigned long flags;

	if (!layout_get(&flags, blk_mq_rq_to_pdu(rq), LM_NBD_CMD_FLAGS))
		*(bool *)known = false;
}

/*
 * What is written to must be proved; of the flags, which are only cleared where
 * they are set, it is enough to know them.
 */
static bool can_write(struct gendisk *disk)
{
	static const enum layout_member_id needed[] = {
		LM_NBD_CMD_NBD, LM_NBD_CMD_LOCK, LM_NBD_CMD_STATUS,
		LM_NBD_SOCK_TX_LOCK,
	};
	bool known;
	const struct requests_visitor visitor = {
		.restart = assume_known,
		.visit = check_flags,
		.data = &known,
	};

	if (layout_status_of_all(needed, ARRAY_SIZE(needed)) != LAYOUT_OK)
		return false;
	return layout_status_of(LM_NBD_CMD_FLAGS) == LAYOUT_OK ||
	       (!requests_each(disk, &visitor) && known);
}

/* ---- does nbd itself keep away? ---- */

/*
 * At the address of a starter that is gone there may be another task by now: one
 * that is younger than a request which is in flight.
 */
static bool is_younger_than_requests(const struct nbd_snap *snap)
{
	const struct task_struct *task = snap->device.attached_task.task;
	const struct requests_snap *requests = &snap->requests;
	u64 since;

	return requests->shown && requests->oldest[0].start_ns &&
	       peek(&since, &task->start_time) &&
	       since > requests->oldest[0].start_ns;
}

/*
 * Without INFLIGHT a request may be completed twice: nbd's own clearing looks
 * at a request before it takes the lock, and not again. It does so without
 * config_lock in the task that runs NBD_DO_IT, when a signal ends that. Whether
 * a task has the device open does not tell, as the system call holds the file.
 * Of a device that was made over netlink nobody may run it.
 */
static bool starter_may_clear(const struct nbd_snap *snap, bool has_inflight)
{
	const struct task_snap *starter = &snap->device.attached_task;

	if (has_inflight || snap->facts.bound)
		return false;
	if (starter->found == TASK_ALIVE)
		return !strchr("XZ", starter->state) &&
		       !is_younger_than_requests(snap);
	return starter->found == TASK_UNREADABLE;
}

/* ---- can the queue be stopped without hanging? ---- */

static bool cannot_block(const void *nsock, void *unused)
{
	return !socket_can_block(nsock);
}

/* Requests that wait for a reconnect sit in the queue until it times out. */
static bool awaits_reconnect(const struct nbd_snap *snap, const void *config)
{
	const wait_queue_head_t *conn_wait;
	struct list_head head;

	if (!snap->config.dead_conn_timeout_s.value)
		return false;
	if (!snap->facts.disconnected)
		return true;
	if (layout_status_of(LM_NBD_CONFIG_CONN_WAIT) != LAYOUT_OK)
		return true;
	conn_wait = layout_at(config, LM_NBD_CONFIG_CONN_WAIT);
	return !peek(&head, &conn_wait->head) || head.next != &conn_wait->head;
}

/*
 * blk_mq_quiesce_queue() waits for whoever is sending: with all sockets shut
 * and nobody waiting, each of them comes back at once.
 */
static enum cleanup_verdict can_quiesce(struct gendisk *disk,
					const struct nbd_snap *snap,
					bool has_inflight)
{
	void *config;

	if (!layout_get(&config, disk->private_data, LM_NBD_DEVICE_CONFIG) ||
	    !config)
		return CLEANUP_LAYOUT;
	if (snap->config.num_connections.value != snap->facts.sockets)
		return CLEANUP_INCONSISTENT;
	if (!nbd_each_socket(config, snap->facts.sockets, cannot_block, NULL))
		return CLEANUP_SOCKETS_OPEN;
	if (awaits_reconnect(snap, config))
		return CLEANUP_RECONNECT;
	if (blk_queue_quiesced(disk->queue))
		return CLEANUP_BEING_CLEARED;
	if (starter_may_clear(snap, has_inflight))
		return CLEANUP_STARTER_ALIVE;
	return CLEANUP_OK;
}

/* ---- the requests ---- */

/* Under cmd->lock: it was sent, and nobody else is completing or requeuing it. */
static bool is_waiting(const struct fail *fail, struct request *rq,
		       const void *cmd)
{
	unsigned long flags;
	const void *nbd;
	u8 status;

	if (!layout_get(&nbd, cmd, LM_NBD_CMD_NBD) || nbd != fail->nbd ||
	    !layout_get(&status, cmd, LM_NBD_CMD_STATUS) || status ||
	    !layout_get(&flags, cmd, LM_NBD_CMD_FLAGS) ||
	    flags & BIT(CMD_REQUEUED))
		return false;
	if (fail->has_inflight &&
	    (!(flags & BIT(CMD_INFLIGHT)) ||
	     layout_status_of(LM_NBD_CMD_FLAGS) != LAYOUT_OK))
		return false;
	return blk_mq_request_started(rq) && !blk_mq_request_completed(rq) &&
	       !(rq->rq_flags & RQF_TIMED_OUT) &&
	       time_before(jiffies + TIMER_MARGIN, READ_ONCE(rq->deadline));
}

/*
 * As nbd_clear_req(), but it never waits for the lock, and completes under it:
 * without INFLIGHT only the lock keeps the request's timer away. The queue is
 * in use by the caller, so the request's memory stays, whatever becomes of it;
 * what it is now is_waiting() tells.
 */
static void fail_request(struct request *rq, void *data)
{
	const void *cmd = blk_mq_rq_to_pdu(rq);
	struct fail *fail = data;
	struct mutex *lock = (struct mutex *)layout_at(cmd, LM_NBD_CMD_LOCK);

	if (blk_mq_request_completed(rq))
		return;
	if (!mutex_trylock(lock)) {
		fail->left++;
		return;
	}
	if (is_waiting(fail, rq, cmd)) {
		*(u8 *)layout_at(cmd, LM_NBD_CMD_STATUS) =
			(__force u8)BLK_STS_IOERR;
		if (fail->has_inflight)
			clear_bit(CMD_INFLIGHT, (unsigned long *)
				  layout_at(cmd, LM_NBD_CMD_FLAGS));
		fail->failed++;
		blk_mq_complete_request(rq);
	} else {
		fail->left++;
	}
	mutex_unlock(lock);
}

static void count_anew(void *data)
{
	struct fail *fail = data;

	fail->left = 0;
}

enum cleanup_verdict cleanup_fail_requests(struct gendisk *disk,
					   const struct nbd_snap *snap,
					   u32 *failed, u32 *left)
{
	struct fail pass = { .nbd = disk->private_data };
	const struct requests_visitor visitor = {
		.restart = count_anew,
		.visit = fail_request,
		.data = &pass,
	};
	enum cleanup_verdict verdict;
	const char *why;

	/*
	 * Where it was never seen on a request in flight, not on those that the
	 * snapshot has just looked at either, nbd has none: it would set it on
	 * what was sent, and only receivers, which do not run, clear it without
	 * a status or REQUEUED.
	 */
	pass.has_inflight = layout_has_inflight();
	if (!can_write(disk))
		return CLEANUP_LAYOUT;
	verdict = can_quiesce(disk, snap, pass.has_inflight);
	if (verdict != CLEANUP_OK)
		return verdict;

	blk_mq_quiesce_queue(disk->queue);
	why = requests_each(disk, &visitor);
	blk_mq_unquiesce_queue(disk->queue);
	*failed += pass.failed;
	*left = pass.left;
	return why && !pass.failed ? CLEANUP_LAYOUT : CLEANUP_OK;
}
