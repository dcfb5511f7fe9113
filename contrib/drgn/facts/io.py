# SPDX-License-Identifier: GPL-2.0
# The file io: every disk with something outstanding, and the oldest requests of all. What drivers of bios keep in lists of
# their own is counted, but not looked for; nor is what a task of AIO has not submitted yet.
from drgn import cast
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.percpu import per_cpu_ptr

from .held import SUSPENDED, THROTTLED, is_suspended, mapped_device
from .submits import submission_of, submitting_line
from .values import FORMAT, LEFT_OUT, age, comm, fields, member, percpu_ref_count, unknown, yes_no

REQUESTS_SHOWN = 64
GD_DEAD = 1 << 2


def kind(disk):
    if disk.has_queue:
        return "blk-mq"
    return "dm" if disk.driver == "dm_mod" else "bio"


def in_flight(host, disk):
    """What the kernel itself counts: references on a queue of requests, I/O of a driver that takes bios."""
    if disk.has_queue:
        return percpu_ref_count(host.prog, disk.queue.q_usage_counter)
    stats = disk.gendisk.part0.bd_stats
    return sum(per_cpu_ptr(stats, cpu).in_flight[way].a.counter.value_()
               for cpu in for_each_possible_cpu(host.prog) for way in range(2))


def throttled(disk):
    """How many bios limits of cgroups hold back, as block/blk-throttle.c counts them."""
    limits = member(disk.queue, "td")
    if not limits:
        return 0
    queued = member(limits, "nr_queued")
    return LEFT_OUT if queued is None else sum(queued[way].value_() for way in range(2))


class Mapped:
    """What the device mapper has of a disk: whether it is suspended, and has paths; false for other disks."""

    def __init__(self, disk):
        self.is_suspended = self.has_paths = False
        md = mapped_device(disk)
        if md is None:
            return
        self.is_suspended = is_suspended(md)
        table = cast("struct dm_table *", md.map)
        for i in range(table.num_targets.value_() if table else 0):
            self.has_paths |= table.targets[i].type.name.string_() == b"multipath"


class Load:
    """
    How much a disk has to do, by the kernel's own counts.
    @found: what rests there, or below after it has come that way; @held: what rests above it
    @submitting: what tasks have in hand for it, and its queue counts already
    """

    def __init__(self, host, disk, found, held, submitting):
        self.disk = disk
        self.found = found
        self.submitting = submitting
        # What limits hold back is counted apart.
        self.throttled_found = sum(1 for bio in held if bio.state == THROTTLED)
        # The device mapper counts a bio once it takes it from its list.
        self.accounted = in_flight(host, disk) + sum(1 for bio in held if bio.state == SUSPENDED)
        self.throttled = throttled(disk)
        self.mapped = Mapped(disk)

    @property
    def lacks(self):
        """Whether a driver has requests that were not found."""
        return not self.disk.has_queue and self.accounted > len(self.found)

    @property
    def is_idle(self):
        return not self.found and not self.submitting and self.accounted <= 0 and not self.throttled

    @property
    def left_out(self):
        """Whether it has or may have something that is not looked for, as what waits for a path."""
        return bool(self.lacks or self.throttled not in (0, self.throttled_found) or
                    self.mapped.is_suspended and self.mapped.has_paths)

    def state(self):
        if self.disk.gendisk.state.value_() & GD_DEAD:
            return "removing"
        if self.mapped.is_suspended:
            return "suspended"
        if self.mapped.has_paths or self.lacks or self.throttled == LEFT_OUT:
            # Whether a path works, or the driver answers, is not looked for.
            return LEFT_OUT
        return "throttled" if self.throttled else "-"


class Io:
    def __init__(self, host, outstanding, owners):
        self.host = host
        self.owners = owners
        self.requests = sorted(outstanding, key=lambda request: request.order)
        self.found = {}
        for request in self.requests:
            # At the disk where it rests, and at those by way of which it has come.
            disks = {disk for chain in request.chains for disk in chain.disks}
            if request.state != THROTTLED:
                disks.add(request.disk.address)
            for disk in disks:
                self.found.setdefault(disk, []).append(request)
        self.held = outstanding.held
        self.submissions = host.gaps.attempt_each("stacks", submission_of, host.tasks, host)
        self.hides_submission = bool(host.why_no_stacks) or not all(each.is_known for each in self.submissions)
        self.loads = host.gaps.attempt_each("disks", self.load, host.disks)

    def load(self, disk):
        submitting = [each for each in self.submissions if each.is_known and each.queue == disk.queue.value_()]
        return Load(self.host, disk, self.found.get(disk.address, []), self.held[disk.address], submitting)

    def left_out(self):
        """Whether something is outstanding, or may be, that is not looked for."""
        return self.hides_submission or any(load.left_out for load in self.loads)

    # --- the file ---

    def file(self):
        busy = [load for load in self.loads if not load.is_idle]
        disks = self.host.gaps.attempt_each("disks", self.disk_line, busy)
        shown = self.host.gaps.attempt_each("requests", self.request_line, self.requests[:REQUESTS_SHOWN])
        # The kernel does not keep since when.
        for load in self.loads:
            shown += self.host.gaps.attempt_each("tasks", submitting_line, load.submitting, load.disk)
        shown = shown[:REQUESTS_SHOWN]
        reason = self.why_incomplete()
        return [FORMAT, f"complete: {yes_no(reason == 'ok')}", f"complete_reason: {reason}", f"took_ns: {LEFT_OUT}",
                "disks: " + fields(known=len(self.host.disks), outstanding=len(disks)),
                "requests: " + fields(shown=len(shown)), *disks, *shown]

    def why_incomplete(self):
        if self.host.gaps.has("tasks", "stacks", "disks", "requests", "chains"):
            return "unreadable"
        return "not-by-drgn" if self.left_out() else "ok"

    def disk_line(self, load):
        disk = load.disk
        own = [request for request in load.found if request.disk is disk]
        oldest = age(self.host.now, own[0].start_ns) if own else unknown("not-recorded") if load.found else "-"
        return "disk: " + fields(
            device=disk.name, dev=disk.dev, driver=disk.driver or unknown("builtin"), kind=kind(disk),
            found=len(load.found) + len(load.submitting), accounted=load.accounted, throttled=load.throttled,
            oldest_age_ns=oldest, state=load.state(), valid_paths=LEFT_OUT if load.mapped.has_paths else "-",
            throttled_found=load.throttled_found, submitting=LEFT_OUT if self.hides_submission else len(load.submitting))

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
        return "request: " + fields(**pairs)

    def task_fields(self, task):
        if not task or task.value_() not in self.host.task_at:
            return dict.fromkeys(("tid", "tgid", "comm"), unknown("gone"))
        return {"tid": task.pid.value_(), "tgid": task.tgid.value_(), "comm": comm(task)}
