# SPDX-License-Identifier: GPL-2.0
# What disks were sent and have not answered: every request that is allocated, wherever it rests; and what is held above
# them.
from drgn import Object, cast

from .chain import Chain
from .held import held_bios
from .host import hardware_queues
from .pending import Pending
from .values import age, member

IDLE, IN_FLIGHT, COMPLETE = range(3)
STATES = {IDLE: "queued", IN_FLIGHT: "started", COMPLETE: "complete"}


class Request(Pending):
    def __init__(self, host, disk, rq):
        super().__init__(disk, STATES.get(rq.state.value_(), "started"), rq.cmd_flags.value_(), rq.start_time_ns.value_(),
                         [Chain(host, bio) for bio in bios(rq)] or [Chain(host, None)])
        self.rq = rq
        self.sector = rq.member_("__sector").value_()
        self.bytes = rq.member_("__data_len").value_()


def bios(rq):
    bio = rq.bio.read_()
    while bio:
        yield bio
        bio = bio.bi_next.read_()


def request_tables(queue, gaps):
    """Each table of requests that a queue takes them from, once: those of the driver and of the scheduler."""
    seen = set()
    shared = member(queue, "sched_shared_tags")
    tables = [shared] if shared is not None else []
    for hctx in gaps.each("requests", hardware_queues(queue)):
        tables += [hctx.tags, hctx.sched_tags]
    for tags in gaps.attempt_each("requests", Object.read_, tables):
        if tags and tags.value_() not in seen:
            seen.add(tags.value_())
            yield tags


def references(rq):
    # An atomic_t, on older kernels within a refcount_t.
    inner = member(rq.ref, "refs")
    return (inner if inner is not None else rq.ref).counter.value_()


def request_in(slot, host, disk, tags):
    """The request in a slot of a table, if it is of this disk and there at all."""
    rq = tags.static_rqs[slot].read_()
    if rq and rq.q == disk.queue and references(rq) > 0 and slot in (rq.tag.value_(), rq.internal_tag.value_()):
        return Request(host, disk, rq)
    return None


def requests_of(host, disk):
    """Of one disk, the oldest first."""
    found = []
    for tags in request_tables(disk.queue, host.gaps):
        slots = range(host.gaps.attempt("requests", tags.nr_tags.value_, otherwise=0))
        found += host.gaps.attempt_each("requests", request_in, slots, host, disk, tags)
    return sorted(found, key=lambda request: request.order)


class Outstanding:
    """
    All requests of all disks, and bios that have none yet.
    @of, @held: by the address of the disk
    """

    def __init__(self, host):
        self.of = {}
        self.held = {disk.address: held_bios(host, disk) for disk in host.disks}
        # Disks of which a request may be missing.
        self.unreadable = set()
        for disk in host.disks:
            if disk.has_queue:
                self.add(host, disk)

    def add(self, host, disk):
        before = host.gaps.count("requests")
        self.of[disk.address] = host.gaps.attempt("requests", requests_of, host, disk, otherwise=[])
        if host.gaps.count("requests") > before:
            self.unreadable.add(disk.address)

    def __iter__(self):
        for requests in (*self.of.values(), *self.held.values()):
            yield from requests

    def started(self, disk):
        return [request for request in self.of.get(disk.address, []) if request.state != "queued"]


# --- as an nbd device has them --------------------------------------------------------------------


def nbd_command(rq):
    """What nbd keeps behind the request."""
    return cast("struct nbd_cmd *", Object(rq.prog_, "void *", (rq + 1).value_()))


def oldest_age(host, requests):
    return age(host.now, requests[0].start_ns) if requests else "-"


def request_line(host, owners, request):
    cmd = nbd_command(request.rq)
    contexts = [chain.ctx.value_() for chain in request.chains if chain.who == "aio"]
    if not contexts:
        pid = context = "-"
    elif len(set(contexts)) > 1:
        pid = context = "-(several)"
    else:
        pid, context = owners.get(contexts[0], ("-(owner-not-found)",) * 2)
    pairs = request.place(host)
    pairs.update(socket=cmd.index.value_(), retries=cmd.retries.value_(),
                 end_io=request.chain.first_end_io or "-", aio_requests=len(contexts), aio_pid=pid, aio_context=context)
    return pairs

