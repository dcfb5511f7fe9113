# SPDX-License-Identifier: GPL-2.0
# The file uring: every io_uring, from io_uring/io_uring.c. One whose processes have ended is found by the kernel worker
# that waits for its requests, or by a request itself.
from drgn import cast
from drgn.helpers.linux.list import hlist_for_each_entry, list_count_nodes, list_first_entry_or_null

from .tasks import PF_WQ_WORKER, worker_context
from .values import FORMAT, LEFT_OUT, UNREADABLE, age, comm, fields, member, symbol, u32, unknown, yes_no

PERCPU_REF_DEAD = 2
REGISTERED_MOST = 16
FIGURES = ("flags", "sq_entries", "cq_entries", "inflight", "polls", "timeouts", "unreaped", "overflown")


class Ring:
    def __init__(self, ctx):
        self.ctx = ctx
        # By the number of the process: a task of it, and a descriptor or None.
        self.owners = {}
        self.worker = None
        self.owed = []

    def add(self, task, fd):
        known = self.owners.get(task.tgid.value_())
        if known is None or known[1] is None:
            self.owners[task.tgid.value_()] = (task, fd)

    @property
    def exiting(self):
        return bool(self.ctx.refs.percpu_count_ptr.value_() & PERCPU_REF_DEAD)

    def sender(self):
        """Of a ring that no process has: the task that sent the requests."""
        for _, chain in self.owed:
            if chain.task:
                return chain.task
        node = list_first_entry_or_null(self.ctx.tctx_list.address_of_(), "struct io_tctx_node", "ctx_node")
        return node.task.read_() if node else None

    def figures(self):
        ctx = self.ctx
        rings = ctx.rings
        cq_entries = ctx.cq_entries.value_()
        polls = sum(polls_in(member(ctx, name)) for name in ("cancel_table", "cancel_table_locked"))
        timeouts = list_count_nodes(ctx.timeout_list.address_of_())
        unreaped = u32(rings.cq.tail.value_() - rings.cq.head.value_())
        return {"flags": hex(ctx.flags.value_()), "sq_entries": ctx.sq_entries.value_(), "cq_entries": cq_entries,
                "inflight": requests_taken(ctx) - polls - timeouts, "polls": polls, "timeouts": timeouts,
                "unreaped": unreaped if unreaped <= cq_entries else unknown("out-of-range"),
                "overflown": list_count_nodes(ctx.cq_overflow_list.address_of_())}


def requests_taken(ctx):
    """Those that are not completed."""
    extra = member(ctx, "cq_extra")
    if extra is not None:
        return u32(ctx.cached_sq_head.value_() + extra.value_() - ctx.cached_cq_tail.value_())
    # Newer kernels: those that were made, but for those that are kept for the next ones.
    free = 0
    node = ctx.submit_state.free_list.next.read_()
    while node:
        free += 1
        node = node.next.read_()
    return ctx.nr_req_allocated.value_() - free


def polls_in(table):
    """Requests in a table of those that can be cancelled: such as wait for a file."""
    if table is None or not table.hbs:
        return 0
    return sum(1 for i in range(1 << table.hash_bits.value_())
               for _ in hlist_for_each_entry("struct io_kiocb", table.hbs[i].list.address_of_(), "hash_node"))


def unreadable_line(number, ring, figures):
    """Its lines of requests, and others, name its number."""
    pairs = dict.fromkeys(("state", "owner", "processes", "pid", "comm", "ended", "fd", "worker"), UNREADABLE)
    return "ring: " + fields(ring=number, **pairs, **figures, owed=len(ring.owed), oldest_age_ns=UNREADABLE)


class Rings:
    """@io: the file io, which knows of requests that are not looked for"""

    def __init__(self, host, outstanding, io):
        self.host = host
        self.outstanding = outstanding
        self.io = io
        self.rings = {}
        for task in host.tasks:
            host.gaps.attempt("rings", self.look_at, task)
        for request in outstanding:
            for chain in request.chains:
                if chain.req is not None:
                    host.gaps.attempt("rings", self.add_owed, request, chain)
        ordered = sorted(self.rings.values(), key=lambda ring: min(ring.owners, default=0))
        self.numbered = list(enumerate(ordered, 1))

    def ring(self, ctx):
        return self.rings.setdefault(ctx.value_(), Ring(ctx))

    def add_owed(self, request, chain):
        self.ring(chain.req.ctx.read_()).owed.append((request, chain))

    def look_at(self, task):
        for fd, file in self.host.files_of(task):
            if symbol(self.host.prog, file.f_op.value_()) == "io_uring_fops":
                self.ring(cast("struct io_ring_ctx *", file.private_data)).add(task, fd)
        own = task.io_uring.read_()
        for i in range(REGISTERED_MOST if own else 0):
            file = own.registered_rings[i].read_()
            if file:
                self.ring(cast("struct io_ring_ctx *", file.private_data)).add(task, None)
        if task.flags.value_() & PF_WQ_WORKER:
            ctx = worker_context(task, self.host.prog)
            if ctx is not None:
                self.ring(ctx).worker = task

    # --- the file ---

    def file(self):
        unowned = sum(1 for ring in self.rings.values() if not ring.owners)
        owed = sum(len(ring.owed) for ring in self.rings.values())
        figures = {number: self.host.gaps.attempt("rings", ring.figures, otherwise=dict.fromkeys(FIGURES, UNREADABLE))
                   for number, ring in self.numbered}
        lines = [self.host.gaps.attempt("rings", self.ring_line, number, ring, figures[number],
                                        otherwise=unreadable_line(number, ring, figures[number]))
                 for number, ring in self.numbered]
        reason = self.why_incomplete(figures)
        lines = [FORMAT, f"complete: {yes_no(reason == 'ok')}", f"complete_reason: {reason}", f"took_ns: {LEFT_OUT}",
                 "rings: " + fields(shown=len(self.rings), without_owner=unowned, owed=owed),
                 *lines]
        for number, ring in self.numbered:
            for request, chain in sorted(ring.owed, key=lambda pair: pair[0].order):
                lines.append("owed: " + fields(ring=number, device=request.disk.name, dev=request.disk.dev,
                                               **chain.asked(request.disk.address), **request.place(self.host),
                                               state=request.state))
        return lines

    def why_incomplete(self, figures):
        if self.host.gaps.has("tasks", "descriptors", "rings", "disks", "requests", "chains"):
            return "unreadable"
        unfound = any(not isinstance(figures[number]["inflight"], int) or figures[number]["inflight"] > len(ring.owed)
                      for number, ring in self.numbered)
        # Requests of others may read the pages that they wait for.
        hidden = self.io.left_out() or any(
            chain.who == "page-cache" for request in self.outstanding for chain in request.chains)
        return "not-by-drgn" if unfound and hidden else "ok"

    def has_ended(self, task):
        """Whether the process of a task has; another one that has its number by now shares nothing with it."""
        leader = self.host.leaders.get(task.tgid.value_())
        if leader is None or leader.signal != task.signal:
            return "yes"
        return "yes" if leader.exit_state and leader.signal.nr_threads == 1 else "no"

    def ring_line(self, number, ring, figures):
        pairs = {"ring": number, "state": "exiting" if ring.worker or ring.exiting else "live",
                 "owner": ["none", "live", "several"][min(2, len(ring.owners))], "processes": len(ring.owners)}
        if ring.owners:
            task, fd = ring.owners[min(ring.owners)]
            pid = task.tgid.value_()
            pairs.update(pid=pid, comm=comm(self.host.leaders.get(pid, task)), ended="no",
                         fd="-" if fd is None else fd)
        else:
            task = ring.sender()
            pairs.update(pid=task.tgid.value_() if task else unknown("unknown"),
                         comm=comm(task) if task else unknown("unknown"),
                         ended=self.has_ended(task) if task else unknown("unknown"), fd="-")
        oldest = min((request for request, _ in ring.owed), key=lambda request: request.order, default=None)
        pairs["worker"] = ring.worker.pid.value_() if ring.worker else "-"
        return "ring: " + fields(**pairs, **figures, owed=len(ring.owed),
                                 oldest_age_ns=age(self.host.now, oldest.start_ns) if oldest else "-")
