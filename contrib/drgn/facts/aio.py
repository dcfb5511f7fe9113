# SPDX-License-Identifier: GPL-2.0
# The file aio: contexts of Linux AIO, from fs/aio.c. One that is dying is in no table any more; it is found by the ring
# in the address space that dies, or by its requests, and believed if it points to the record of who waits.
from drgn import FaultError, Object, cast, container_of
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.mm import for_each_vma, page_to_virt
from drgn.helpers.linux.percpu import per_cpu_ptr

from .stacks import function
from .tasks import waited_ns
from .values import FORMAT, LEFT_OUT, UNREADABLE, age, comm, fields, member, percpu_ref_count, quoted, state, symbol, unknown, yes_no

WAITS_IN = ("exit_aio", "__do_sys_io_destroy", "__se_sys_io_destroy", "__x64_sys_io_destroy", "__arm64_sys_io_destroy")
LARGEST_SHOWN = 5
PERCPU_REF_DEAD = 2


class Context:
    def __init__(self, ctx):
        self.ctx = ctx
        self.max_reqs = ctx.max_reqs.value_()
        self.nr_events = ctx.nr_events.value_()
        self.user_id = hex(ctx.user_id.value_())
        # What the context has, and what processors have taken of it.
        self.available = ctx.reqs_available.counter.value_() + sum(
            per_cpu_ptr(ctx.cpu, cpu).reqs_available.value_() for cpu in for_each_possible_cpu(ctx.prog_))
        completed = ctx.completed_events.value_()
        self.inflight = self.nr_events - 1 - self.available - completed
        try:
            self.unreaped = self.count_unreaped()
            self.free = self.available + max(0, completed - self.unreaped)
        except FaultError:
            # A dump may be without pages of files, as which rings count.
            self.unreaped = self.free = unknown("ring-unreadable")
        self.owed = []

    def is_consistent(self):
        """Each request has a reference, and so has, until the context dies, the one that made it."""
        own = 0 if self.ctx.reqs.percpu_count_ptr.value_() & PERCPU_REF_DEAD else 1
        return percpu_ref_count(self.ctx.prog_, self.ctx.reqs) - own == self.inflight

    def count_unreaped(self):
        pages = member(self.ctx, "ring_folios", "ring_pages")
        page = cast("struct page *", pages[0])
        ring = Object(self.ctx.prog_, "struct aio_ring *", page_to_virt(page).value_())
        return (self.ctx.tail.value_() - ring.head.value_() % self.nr_events) % self.nr_events


class Space:
    """An address space with contexts, and the processes that have it."""

    def __init__(self, contexts):
        self.contexts = contexts
        self.groups = {}

    def add(self, task):
        leader, threads = self.groups.get(task.tgid.value_(), (None, 0))
        if task.pid.value_() == task.tgid.value_():
            leader = task
        self.groups[task.tgid.value_()] = (leader, threads + 1)

    @property
    def pid(self):
        return min(self.groups)


class Waiter:
    """A task that waits for dying contexts. @record: the address of its struct ctx_rq_wait"""

    def __init__(self, task, frame, stack):
        self.task = task
        self.sleeps_in = stack.sleeps_in()
        # Of exit_aio() the address space that dies.
        self.mm = stack.variable(frame, "mm") if function(frame) == "exit_aio" else None
        self.record = None
        self.contexts = []


class Contexts:
    def __init__(self, host, outstanding):
        self.host = host
        self.spaces = self.take_spaces()
        self.kiocbs = [(request, chain) for request in outstanding for chain in request.chains if chain.who == "aio"]
        self.waiters = self.take_waiters()
        self.by_address = {}
        for space in self.spaces:
            for context in space.contexts:
                self.by_address[context.ctx.value_()] = (space.pid, context)
        for waiter in self.waiters:
            for context in waiter.contexts:
                self.by_address[context.ctx.value_()] = (waiter.task.tgid.value_(), context)
        for request, chain in self.kiocbs:
            if chain.ctx.value_() in self.by_address:
                self.by_address[chain.ctx.value_()][1].owed.append((request, chain))
        self.owners = {address: (pid, context.user_id) for address, (pid, context) in self.by_address.items()}

    # --- finding them ---

    def take_spaces(self):
        spaces = {}
        for task in self.host.tasks:
            self.host.gaps.attempt("contexts", self.look_at_space, task, spaces)
        return sorted((space for space in spaces.values() if space.contexts), key=lambda space: space.pid)

    def look_at_space(self, task, spaces):
        mm = task.mm.read_()
        if not mm:
            return
        if mm.value_() not in spaces:
            spaces[mm.value_()] = Space(table_of(mm, self.host.gaps))
        spaces[mm.value_()].add(task)

    def take_waiters(self):
        return self.host.gaps.attempt_each("contexts", self.as_waiter, self.host.tasks)

    def as_waiter(self, task):
        if state(task) != "D":
            return None
        stack = self.host.stack_of(task)
        frame = stack.find(*WAITS_IN)
        if not frame:
            return None
        waiter = Waiter(task, frame, stack)
        self.host.gaps.attempt("contexts", self.find_dying, waiter, stack)
        return waiter

    def find_dying(self, waiter, stack):
        candidates = rings_of(waiter.mm) if waiter.mm is not None else []
        candidates += [chain.ctx for _, chain in self.kiocbs]
        seen = set()
        for ctx in candidates:
            record = ctx.rq_wait.value_()
            if ctx.value_() not in seen and record and stack.has(record) and is_awaited(ctx):
                seen.add(ctx.value_())
                waiter.record = ctx.rq_wait
                waiter.contexts.append(Context(ctx))

    # --- the file ---

    def file(self):
        live = [context for space in self.spaces for context in space.contexts]
        dying = [context for waiter in self.waiters for context in waiter.contexts]
        aio_nr = self.host.prog["aio_nr"].value_()
        max_reqs = sum(context.max_reqs for context in live)
        difference = aio_nr - max_reqs
        # The kernel counts those too whose address space no task has; dying ones it does not.
        ownerless = LEFT_OUT if difference else 0
        totals = [f"inflight: {total(live + dying, 'inflight')}", f"unreaped: {total(live + dying, 'unreaped')}",
                  f"waiters: {len(self.waiters)}"]
        lines = self.largest_lines()
        for waiter in self.waiters:
            lines += self.host.gaps.attempt("contexts", self.waiter_lines, waiter, otherwise=[])
        for space in self.spaces:
            lines += self.host.gaps.attempt("contexts", self.space_lines, space, otherwise=[])
        reason = self.why_incomplete(difference)
        return [FORMAT, "scan: quick", f"complete: {yes_no(reason == 'ok')}", f"complete_reason: {reason}",
                f"took_ns: {LEFT_OUT}", f"aio_nr: {aio_nr}", f"aio_max_nr: {self.host.prog['aio_max_nr'].value_()}",
                f"live_max_reqs: {max_reqs}", f"aio_nr_difference: {difference}",
                "contexts: " + fields(live=len(live), dying=len(dying), ownerless=ownerless), *totals, *lines]

    def why_incomplete(self, difference):
        if self.host.why_no_stacks:
            return "stacks-unreadable"
        if self.host.gaps.has("tasks", "stacks", "contexts", "requests", "chains"):
            return "unreadable"
        if any(not waiter.contexts for waiter in self.waiters):
            return "waiter-without-contexts"
        return "aio-nr-differs" if difference else "ok"

    def largest_lines(self):
        ordered = sorted(self.spaces, key=lambda space: -sum(context.max_reqs for context in space.contexts))
        return ["largest: " + fields(pid=space.pid, comm=self.leader_comm(space.pid), contexts=len(space.contexts),
                                     max_reqs=sum(context.max_reqs for context in space.contexts))
                for space in ordered[:LARGEST_SHOWN]]

    def leader_comm(self, pid):
        if pid not in self.host.leaders:
            return unknown("gone")
        return self.host.gaps.attempt("tasks", comm, self.host.leaders[pid], otherwise=UNREADABLE)

    def waiter_lines(self, waiter):
        task = waiter.task
        attempt = self.host.gaps.attempt
        line = "waiter: " + fields(
            tid=task.pid.value_(), tgid=task.tgid.value_(), comm=attempt("tasks", comm, task, otherwise=UNREADABLE),
            state=state(task), waiting_ns=attempt("tasks", waited_ns, self.host, task, otherwise=UNREADABLE),
            sleeps_in=waiter.sleeps_in, not_drained=attempt("contexts", not_drained, waiter, otherwise=UNREADABLE),
            contexts=len(waiter.contexts), exe=attempt("contexts", program, waiter, otherwise=UNREADABLE))
        return [line] + [line for context in waiter.contexts for line in
                         self.context_lines(context, task.tgid.value_(), "dying")]

    def space_lines(self, space):
        pids = sorted(space.groups)
        sums = {name: total(space.contexts, name) for name in ("max_reqs", "inflight", "unreaped")}
        lines = ["space: " + fields(pid=pids[0], comm=self.leader_comm(pids[0]), threads=space.groups[pids[0]][1],
                                    groups=len(pids), contexts=len(space.contexts), **sums)]
        lines += ["group: " + fields(pid=pid, comm=self.leader_comm(pid), threads=space.groups[pid][1])
                  for pid in pids[1:]]
        for context in space.contexts:
            lines += self.context_lines(context, space.pid, "live")
        return lines

    def context_lines(self, context, pid, state_word):
        ident = {"pid": pid, "user_id": context.user_id}
        owed = sorted(context.owed, key=lambda pair: pair[0].order)
        oldest = age(self.host.now, owed[0][0].start_ns) if owed else "-"
        lines = ["context: " + fields(**ident, state=state_word, max_reqs=context.max_reqs,
                                      nr_events=context.nr_events, inflight=context.inflight,
                                      unreaped=context.unreaped, free=context.free, owed=len(owed),
                                      oldest_age_ns=oldest, consistent=yes_no(self.host.gaps.attempt("contexts", context.is_consistent)))]
        for request, chain in owed:
            lines.append("owed: " + fields(**ident, device=request.disk.name, **request.place(self.host),
                                           **chain.asked(request.disk.address), state=request.state, waits_for="-"))
        if context.inflight > len(owed):
            lines.append("owed_by: " + fields(**ident, requests=context.inflight - len(owed)) + " " + LEFT_OUT)
        return lines


def not_drained(waiter):
    """How many contexts it still waits for."""
    return waiter.record.count.counter.value_() if waiter.record is not None else LEFT_OUT


def program(waiter):
    """The name of the program whose address space dies."""
    exe = waiter.mm.exe_file.read_() if waiter.mm is not None else None
    return quoted(exe.f_path.dentry.d_name.name.string_()) if exe else "-"


def total(contexts, name):
    """Without what is not known."""
    values = [getattr(context, name) for context in contexts]
    return sum(value for value in values if isinstance(value, int))


def table_of(mm, gaps):
    table = mm.ioctx_table.read_()
    return gaps.attempt_each("contexts", context_in, range(table.nr.value_()), table) if table else []


def context_in(i, table):
    ctx = table.table[i].read_()
    return Context(ctx) if ctx else None


def rings_of(mm):
    """The contexts whose rings are still mapped."""
    found = []
    for vma in for_each_vma(mm):
        file = vma.vm_file.read_()
        if file and symbol(file.prog_, file.f_op.value_()) == "aio_ring_fops":
            found.append(ring_context(file.f_inode.read_()))
    return found


def ring_context(inode):
    try:
        # Newer kernels.
        return container_of(inode, "struct aio_inode_info", "vfs_inode").ctx.read_()
    except LookupError:
        return cast("struct kioctx *", member(inode.i_mapping, "i_private_data", "private_data"))


def is_awaited(ctx):
    """Requests are still counted; one that is drained keeps its pointer for a while."""
    return ctx.dead.counter.value_() != 0
