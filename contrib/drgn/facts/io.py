# SPDX-License-Identifier: GPL-2.0
# The file io: every disk with something outstanding, and the oldest requests of all. What drivers of bios, and the
# device mapper, keep in lists of their own is not looked for.
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.percpu import per_cpu_ptr

from .values import FORMAT, LEFT_OUT, age, comm, fields, percpu_ref_count, unknown

REQUESTS_SHOWN = 64
GD_DEAD = 1 << 2


def kind(disk):
    if disk.queue.mq_ops:
        return "blk-mq"
    return "dm" if disk.driver == "dm_mod" else "bio"


def in_flight(host, disk):
    """What the kernel itself counts: references on a queue of requests, I/O of a driver that takes bios."""
    if disk.queue.mq_ops:
        return percpu_ref_count(host.prog, disk.queue.q_usage_counter)
    stats = disk.gendisk.part0.bd_stats
    return sum(per_cpu_ptr(stats, cpu).in_flight[way].a.counter.value_()
               for cpu in for_each_possible_cpu(host.prog) for way in range(2))


class Io:
    def __init__(self, host, outstanding, owners):
        self.host = host
        self.owners = owners
        self.requests = sorted(outstanding, key=lambda request: request.start_ns)
        self.found = {}
        for request in self.requests:
            # At the disk where it rests, and at those by way of which it has come.
            for disk in {request.disk.address, *(disk for chain in request.chains for disk in chain.disks)}:
                self.found.setdefault(disk, []).append(request)

    def file(self):
        disks = [disk for disk in self.host.disks if disk.address in self.found]
        shown = self.requests[:REQUESTS_SHOWN]
        lines = [FORMAT, "complete: yes", "complete_reason: ok", f"took_ns: {LEFT_OUT}",
                 "disks: " + fields(known=len(self.host.disks), outstanding=len(disks)),
                 "requests: " + fields(shown=len(shown))]
        lines += ["disk: " + fields(**self.disk_line(disk)) for disk in disks]
        return lines + ["request: " + fields(**self.request_line(request)) for request in shown]

    def disk_line(self, disk):
        found = self.found[disk.address]
        own = [request for request in found if request.disk is disk]
        oldest = age(self.host.now, own[0].start_ns) if own else unknown("not-recorded")
        removing = disk.gendisk.state.value_() & GD_DEAD
        return {"device": disk.name, "dev": disk.dev, "driver": disk.driver or unknown("builtin"), "kind": kind(disk),
                "found": len(found), "accounted": in_flight(self.host, disk), "throttled": LEFT_OUT,
                "oldest_age_ns": oldest, "state": "removing" if removing else "-",
                "valid_paths": "-", "throttled_found": 0, "submitting": 0}

    def request_line(self, request):
        chain = request.chain
        pairs = {"device": request.disk.name, "dev": request.disk.dev, **request.asked(), **request.place(self.host),
                 "state": request.state, "who": chain.who, "aio_pid": "-", "aio_context": "-", "tid": "-", "tgid": "-",
                 "comm": "-", "end_io": chain.end_io or "-", "waits_for": "-"}
        if chain.who == "aio":
            pairs["aio_pid"], pairs["aio_context"] = self.owners.get(
                chain.ctx.value_(), (unknown("owner-not-found"), unknown("owner-not-found")))
        if chain.task is not None:
            pairs.update(self.task_fields(chain.task))
        return pairs

    def task_fields(self, task):
        if not task or task.value_() not in self.host.task_at:
            return dict.fromkeys(("tid", "tgid", "comm"), unknown("gone"))
        return {"tid": task.pid.value_(), "tgid": task.tgid.value_(), "comm": comm(task)}
