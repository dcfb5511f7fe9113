# SPDX-License-Identifier: GPL-2.0
# Tasks that sleep with a bio in hand, as the queue that it is for takes no more at this moment: what it is for is on their
# stacks.
from .chain import Chain
from .objects import limited_by
from .values import UNREADABLE, comm, fields, state, unknown

TAG, LIMIT = ("blk_mq_get_tag",), ("rq_qos_wait",)
SUBMITS_IN = (*TAG, *LIMIT, "blk_queue_enter", "__bio_queue_enter")
BIO = ("wbt_wait", "__rq_qos_throttle", "rq_qos_throttle", "blk_mq_get_new_requests", "blk_mq_submit_bio")
SUBMITTING = unknown("submitting")


class Submission:
    """
    @queue: the address of the one that is to take it, if that is known and counts it already
    @waits_for: a word of the file io
    @who: as of a chain; None if it is not known what the task has in hand
    """

    def __init__(self, host, task, stack):
        self.task = task
        self.queue, self.waits_for = None, "unfreeze"
        if stack.find(*TAG):
            self.queue, self.waits_for = queue_of_tag(stack), "tag"
        elif stack.find(*LIMIT):
            self.queue, self.waits_for = limited_queue(host, stack), "writeback-limit"
        bio = stack.variable_of(BIO, "bio")
        self.who = Chain(host, bio).who if bio is not None else None

    @property
    def is_known(self):
        """Requests of AIO have a context too, which is not told here."""
        return self.queue is not None and self.who not in (None, "aio", UNREADABLE)


def submitting_line(submission, disk):
    """As nbddiag(4) has it: no more is said than where it is for, and by whom."""
    task = submission.task
    unsaid = dict.fromkeys(("asked", "fs", "via", "op", "sector", "bytes"), SUBMITTING)
    return "request: " + fields(
        device=disk.name, dev=disk.dev, **unsaid, age_ns=unknown("not-recorded"), state="submitting", who="task",
        aio_pid="-", aio_context="-", tid=task.pid.value_(), tgid=task.tgid.value_(), comm=comm(task), end_io="-",
        waits_for=submission.waits_for)


def queue_of_tag(stack):
    """The address of the queue that has no tag left, or None."""
    data = stack.variable_of(TAG, "data")
    return data.q.value_() if data is not None else None


def limited_queue(host, stack):
    """The address of the queue whose writeback is limited, or None. Other limits of a queue are not looked for."""
    turn = stack.variable_of(LIMIT, "rqw")
    for disk in host.disks if turn is not None else ():
        if turn.value_() in limited_by(host.prog, disk):
            return disk.queue.value_()
    return None


def submission_of(task, host):
    """None if it has nothing in hand."""
    if state(task) != "D":
        return None
    stack = host.stack_of(task)
    return Submission(host, task, stack) if stack.find(*SUBMITS_IN) else None
