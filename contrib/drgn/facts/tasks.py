# SPDX-License-Identifier: GPL-2.0
# The file tasks: who cannot go on, by the functions on its stack and their variables, and which device that leads to.
from drgn import Object, cast, container_of
from drgn.helpers.linux.kthread import kthread_data

from .host import Opened, PF_EXITING, opened_folio, opened_inode
from .nbd import lock_owner
from .objects import inode_of_word, superblock_with_writers
from .stacks import Stack, function
from .submits import LIMIT, TAG, limited_queue, queue_of_tag
from .values import FORMAT, LEFT_OUT, U64, UNREADABLE, comm, fields, member, state, symbol, unknown, yes_no

PF_WQ_WORKER = 0x20
RWSEM_READER_OWNED = 1
# A task in D for less than this is on its way.
SHORTEST_NS = 100_000_000
MOST_HOPS = 32
# Who sleeps there in S cannot be killed either.
UNKILLABLE = ("io_ring_exit_work", "io_uring_cancel_generic")
MUTEX = ("__mutex_lock_common", "__mutex_lock", "__mutex_lock_slowpath", "mutex_lock")
PAGE = ("folio_wait_bit_common",)
# Who calls these waits until a page is written; all others, until it can be locked.
WRITEBACK = ("folio_wait_writeback", "folio_wait_writeback_killable")
BIO = ("submit_bio_wait", "blk_wait_io", "bio_await")
BIT = ("__wait_on_bit",)
RWSEM_READ = ("rwsem_down_read_slowpath", "__down_read_common", "down_read")
RWSEM_WRITE = ("rwsem_down_write_slowpath", "__down_write_common", "down_write")
PERCPU_READ = ("percpu_rwsem_wait", "__percpu_down_read", "percpu_down_read")
DM_WAIT = ("dm_wait_for_bios_completion", "dm_wait_for_completion")
# Newer kernels. Older ones wait for an inode as for any bit.
INODE = ("__wait_on_freeing_inode", "inode_wait_for_writeback", "__inode_wait_for_writeback", "inode_sleep_on_writeback",
         "wait_on_inode", "wait_on_new_inode")
WORDS = ("__wbq_entry", "wqe", "wait", "wq")
VFORK = ("wait_for_vfork_done",)
LOOKUP = ("d_wait_lookup", "d_alloc_parallel")

# Files that have what these are owed.
SEE = {"aio-context": "see-aio", "ring": "see-uring"}
TASK_FROZEN = 0x8000
SIGNAL_GROUP_EXIT = 4


class Wait:
    """
    @waits_for: a word of the format
    @folio, @bio, @word: what it waits for, as far as there is such a thing
    @disk: the disk that owes it; @request: there, if it is a certain one
    @holder: the task that has it
    """

    def __init__(self, host, task):
        self.host = host
        self.task = task
        self.stack = host.stack_of(task)
        self.switches = switches(task)
        # Of a worker that waits until one can be freed.
        self.ring = ring_of(task)
        self.waits_for = unknown("no-record")
        self.kind = self.object = "-"
        self.folio = self.bio = self.word = self.disk = self.opened = self.request = self.chain = None
        self.holder = None
        self.last_reader = 0
        self.why_no_holder = "-"
        if not self.stack.frames and not host.why_no_stacks and state(task) == "D":
            self.waits_for = unknown("stack-unreadable")
        elif not host.gaps.attempt("waits", self.look) and self.waits_for.startswith("-"):
            self.waits_for = UNREADABLE
        # A worker that looks again and again may run just now: then it has no stack, and is told by its work.
        if self.ring and self.waits_for.startswith("-"):
            self.waits_for = "ring"

    def variable(self, functions, *names):
        return self.stack.variable_of(functions, *names)

    def look(self):
        """Whether all could be looked at."""
        if is_frozen(self.task):
            self.waits_for = "freezer"
            return True
        for functions, look in ((PERCPU_READ, self.look_writers), (INODE, self.look_inode), (LIMIT, self.look_limit),
                                (DM_WAIT, self.look_mapped), (VFORK, self.look_child), (LOOKUP, self.look_lookup)):
            if self.stack.is_asleep_in(*functions):
                look()
                return True
        for functions, look in ((PAGE, self.look_page), (BIO, self.look_bio), (MUTEX, self.look_mutex),
                                (RWSEM_WRITE, self.look_rwsem_write), (RWSEM_READ, self.look_rwsem_read),
                                (BIT, self.look_bit), (TAG, self.look_tag),
                                (("blk_mq_freeze_queue_wait",), self.look_freeze),
                                (("exit_aio", "__do_sys_io_destroy"), self.look_aio),
                                (UNKILLABLE, self.look_ring), (("__flush_work", "__flush_workqueue"), self.look_work)):
            if self.stack.find(*functions):
                look()
                break
        return True

    # --- what each kind leads to ---

    def look_page(self):
        record = self.stack.record(self.stack.find(*PAGE), "wait_page")
        if record is not None:
            self.folio, bit = record.folio, record.bit_nr
        else:
            self.folio, bit = self.variable(PAGE, "folio"), self.variable(PAGE, "bit_nr")
        # Not every compiler keeps them.
        if bit is not None:
            is_written = bit.value_() == self.host.prog.constant("PG_writeback").value_()
        else:
            is_written = bool(self.stack.find(*WRITEBACK))
        self.waits_for = "writeback" if is_written else "page"
        if self.folio is not None:
            self.opened = opened_folio(self.folio)

    def look_bio(self):
        self.waits_for = "bio"
        self.bio = self.variable(BIO, "bio")

    def look_bit(self):
        """Of a buffer, an inode or another object: which, its requests tell. It is a buffer's first member."""
        record = self.variable(BIT, "wbq_entry")
        if record is not None:
            self.word = record.key.flags.value_()
            self.name_inode(self.word)

    def look_inode(self):
        """What is waited for is in a record on the stack: in each function it has another name."""
        for frame in self.stack.frames:
            for name in WORDS:
                record = self.stack.record(frame, name)
                if record is not None and record.type_.tag == "wait_bit_queue_entry":
                    self.name_inode(record.key.flags.value_())
                    return

    def name_inode(self, word):
        inode = inode_of_word(self.host, word)
        if inode is not None:
            self.waits_for = "inode"
            self.opened = opened_inode(inode)

    def look_writers(self):
        sem = self.variable(PERCPU_READ, "sem")
        sb = superblock_with_writers(self.host, sem.value_()) if sem is not None else None
        if sb is not None:
            self.waits_for, self.object = "thaw", "s_writers"
            self.opened = Opened(sb.s_bdev, sb.s_type.name.string_()) if sb.s_bdev else None

    def look_tag(self):
        self.waits_for = "tag"
        self.owed_by_queue(queue_of_tag(self.stack))

    def look_limit(self):
        queue = limited_queue(self.host, self.stack)
        if queue is not None:
            self.waits_for = "throttle"
            self.owed_by_queue(queue)

    def look_mapped(self):
        self.waits_for, self.object = "mapped-device", "wait"
        md = self.variable(DM_WAIT, "md")
        if md is not None:
            self.owed_by_queue(md.queue.value_())

    def look_child(self):
        self.waits_for = "task"
        self.holder = self.variable(VFORK, "child")
        if self.holder is None:
            self.why_no_holder = unknown("gone")

    def look_lookup(self):
        """Who looks the name up has the list of those who wait on its own stack."""
        dentry = self.variable(LOOKUP, "dentry")
        queue = member(dentry, "d_wait") if dentry is not None else None
        if queue is None:
            return
        self.waits_for = "task"
        self.holder = self.host.task_of_stack(queue.value_())
        if self.holder is None:
            self.why_no_holder = unknown("gone")

    def look_freeze(self):
        self.waits_for, self.object = "queue-freeze", "mq_freeze_wq"
        queue = self.variable(("blk_mq_freeze_queue_wait", "blk_mq_freeze_queue"), "q")
        if queue is not None:
            self.owed_by_queue(queue.value_())

    def owed_by_queue(self, queue):
        for disk in self.host.disks:
            if disk.queue.value_() == queue:
                self.disk = disk
                self.opened = Opened(disk.gendisk.part0)

    def look_aio(self):
        self.waits_for = "aio-context"

    def look_ring(self):
        self.waits_for = "ring"

    def look_work(self):
        self.waits_for = "work"
        self.why_no_holder = LEFT_OUT

    def look_mutex(self):
        self.waits_for, self.kind = "lock", "mutex"
        lock = self.variable(MUTEX, "lock")
        if lock is not None:
            self.name_lock(lock)
            self.held_by(lock_owner(lock))

    def look_rwsem_write(self):
        self.look_rwsem("rwsem-write", RWSEM_WRITE)

    def look_rwsem_read(self):
        self.look_rwsem("rwsem-read", RWSEM_READ)

    def look_rwsem(self, kind, functions):
        self.waits_for, self.kind = "lock", kind
        lock = self.variable(functions, "sem")
        if lock is None:
            return
        self.name_lock(lock)
        owner = lock.owner.counter.value_() & U64
        if owner & RWSEM_READER_OWNED:
            self.why_no_holder = unknown("readers")
            self.last_reader = owner & ~7
        else:
            self.held_by(owner & ~7 or None)

    def held_by(self, address):
        self.holder = self.host.task_at.get(address) if address else None
        if self.holder is None:
            self.why_no_holder = unknown("gone" if address else "passed-on")

    def name_lock(self, lock):
        """Which object has it: of those that can be told by their address."""
        self.object = unknown("unknown-object")
        for disk in self.host.disks:
            if lock.value_() == disk.gendisk.open_mutex.address_of_().value_():
                self.object = "open_mutex"
                self.opened = Opened(disk.gendisk.part0)
        for name, disk, address in self.host.nbd_locks:
            if lock.value_() == address:
                self.object = name
                self.opened = Opened(disk.gendisk.part0)
        if self.object.startswith("-") and "rwsem" in self.kind:
            self.name_inode_lock(lock)

    def name_inode_lock(self, lock):
        inode = container_of(lock, "struct inode", "i_rwsem")
        if symbol(self.host.prog, inode.i_sb.s_op.value_()) or inode.i_mapping.host == inode:
            self.object = "i_rwsem"
            self.opened = opened_inode(inode)


class Tasks:
    """@io: the file io, which knows of requests that are not looked for"""

    def __init__(self, host, outstanding, io):
        self.host = host
        self.outstanding = outstanding
        self.io = io
        self.polling = False
        self.waits = {}
        for task in host.tasks:
            host.gaps.attempt("waits", self.look_at, task)
        self.index()
        for wait in self.waits.values():
            host.gaps.attempt("waits", self.find_request, wait)
        self.went_on = [address for address, wait in self.waits.items() if host.gaps.attempt("waits", went_on, wait)]
        for address in self.went_on:
            host.gaps.attempt("waits", self.look_for_polling, self.waits.pop(address).task)

    def look_at(self, task):
        if may_be_stuck(self.host, task):
            wait = Wait(self.host, task)
            if state(task) == "D" or wait.stack.find(*UNKILLABLE) or wait.ring:
                self.waits[task.value_()] = wait
        else:
            self.look_for_polling(task)

    def look_for_polling(self, task):
        """One that runs may look again and again whether its rings are done: its stack cannot be unwound."""
        if state(task) == "R" and task.io_uring and may_not_stay(task):
            self.polling = True

    def index(self):
        """Requests by the bios and pages that are in them, and by who waits."""
        self.by_bio, self.by_page, self.by_buffer, self.by_task = {}, {}, {}, {}
        for request in self.outstanding:
            for chain in request.chains:
                self.host.gaps.attempt("chains", self.add_chain, request, chain)

    def add_chain(self, request, chain):
        """Of several requests the oldest is told: those of a disk come in this order."""
        for bio in chain.bios:
            self.by_bio.setdefault(bio, (request, chain))
        if chain.bh:
            self.by_buffer.setdefault(chain.bh, (request, chain))
        if chain.who == "task" and chain.task:
            self.by_task.setdefault(chain.task.value_(), (request, chain))
        for page in chain.pages():
            self.by_page.setdefault(page, (request, chain))

    def find_request(self, wait):
        found = None
        if wait.bio is not None:
            found = self.by_bio.get(wait.bio.value_())
        elif wait.folio is not None:
            found = self.by_page.get(wait.folio.value_())
        elif wait.word in self.by_buffer:
            found = self.by_buffer[wait.word]
            wait.waits_for = "buffer"
        if found is None and wait.task.value_() in self.by_task:
            found = self.by_task[wait.task.value_()]
            wait.waits_for = "bio"
        if found:
            wait.request, wait.chain = found
            wait.disk = wait.request.disk

    def follow(self, wait):
        """The wait that this one ends at, and how many tasks are between; None if tasks wait for each other."""
        seen = []
        while wait is not None and wait.holder is not None:
            if wait in seen or len(seen) > MOST_HOPS:
                return None, "-(cycle)"
            seen.append(wait)
            following = self.waits.get(wait.holder.value_())
            if following is None:
                break
            wait = following
        return wait, len(seen) if wait not in seen else len(seen) - 1

    # --- the file ---

    def file(self):
        known = sum(1 for wait in self.waits.values() if not wait.waits_for.startswith("-"))
        lines = self.host.gaps.attempt_each("waits", self.task_line, self.waits.values())
        reason = self.why_incomplete()
        return [FORMAT, f"complete: {yes_no(reason == 'ok')}", f"complete_reason: {reason}", f"took_ns: {LEFT_OUT}",
                "tasks: " + fields(seen=len(self.host.tasks), cannot_go_on=len(lines), known=known,
                                   went_on=len(self.went_on)), *lines]

    def why_incomplete(self):
        if self.host.why_no_stacks:
            return "stacks-unreadable"
        if self.host.gaps.has("tasks", "stacks", "waits", "disks", "requests", "chains"):
            return "unreadable"
        return "not-by-drgn" if self.polling or self.io.left_out() else "ok"

    def task_line(self, wait):
        return "task: " + fields(**self.line(wait))

    def line(self, wait):
        task = wait.task
        pairs = {"tid": task.pid.value_(), "tgid": task.tgid.value_(), "comm": comm(task), "state": state(task),
                 "exiting": yes_no(task.flags.value_() & PF_EXITING), "waiting_ns": waited_ns(self.host, task),
                 "sleeps_in": wait.stack.sleeps_in() or unknown("no-record"), "work": work_of(task),
                 "waits_for": wait.waits_for, "lock": wait.kind, "object": wait.object}
        pairs.update(self.device(wait))
        pairs.update(self.asked(wait))
        if wait.request:
            place = wait.request.place(self.host)
            pairs.update(place, request=wait.request.state)
        else:
            pairs.update(op="-", sector="-", bytes="-", age_ns="-", request="-")
        return {**pairs, **self.holder(wait)}

    def device(self, wait):
        end, _ = self.follow(wait)
        if end is None:
            return {"device": "-(cycle)", "dev": "-(cycle)"}
        if end.disk:
            return {"device": end.disk.name, "dev": end.disk.dev}
        if end is not wait:
            why = unknown("holder-unknown")
        elif end.waits_for.startswith("-"):
            why = unknown("unknown")
        elif end.waits_for in SEE:
            why = unknown(SEE[end.waits_for])
        elif end.waits_for in ("lock", "work", "task"):
            why = unknown("holder-goes-on" if end.holder is not None else "no-holder")
        elif end.waits_for == "thaw":
            why = unknown("frozen")
        else:
            why = unknown("no-request") if end.opened else "-"
        return {"device": why, "dev": why}

    def asked(self, wait):
        if wait.chain:
            return wait.chain.asked(wait.request.disk.address)
        if wait.opened:
            name = self.host.opened_by_name(wait.opened)
            fs = f'"{wait.opened.fs.decode("ascii", "backslashreplace")}"' if wait.opened.fs else "-"
            return {"asked": name or unknown("removing"), "fs": fs, "via": "-"}
        return {"asked": "-", "fs": "-", "via": "-"}

    def holder(self, wait):
        _, hops = self.follow(wait)
        why = wait.why_no_holder
        pairs = {"held_by": why, "held_by_tgid": why, "held_by_comm": why, "hops": hops, "proof": LEFT_OUT,
                 "last_reader": "-", "last_reader_tgid": "-", "last_reader_comm": "-"}
        if wait.holder is not None:
            pairs.update(held_by=wait.holder.pid.value_(), held_by_tgid=wait.holder.tgid.value_(),
                         held_by_comm=comm(wait.holder))
        elif why == unknown("readers"):
            pairs.update(self.last_reader(wait))
        return pairs

    def last_reader(self, wait):
        task = self.host.task_at.get(wait.last_reader)
        if task is None:
            return dict.fromkeys(("last_reader", "last_reader_tgid", "last_reader_comm"),
                                 unknown("gone" if wait.last_reader else "not-noted"))
        return {"last_reader": task.pid.value_(), "last_reader_tgid": task.tgid.value_(), "last_reader_comm": comm(task)}


def may_be_stuck(host, task):
    letter = state(task)
    if letter == "D":
        return waited_ns(host, task) >= SHORTEST_NS
    if ring_of(task):
        return True
    return letter == "S" and (task.flags.value_() & PF_EXITING or task.flags.value_() & PF_WQ_WORKER)


def may_not_stay(task):
    """It exits, or is killed."""
    return bool(task.flags.value_() & PF_EXITING or task.signal.flags.value_() & SIGNAL_GROUP_EXIT)


def switches(task):
    """How often it has given its processor up."""
    return task.nvcsw.value_() + task.nivcsw.value_()


def went_on(wait):
    """Whether it sleeps no more where it slept; one that looks now and then has run, and sleeps there again."""
    if switches(wait.task) == wait.switches:
        return False
    if wait.ring:
        return ring_of(wait.task) != wait.ring
    now = Stack(wait.host, wait.task)
    return [function(frame) for frame in now.frames] != [function(frame) for frame in wait.stack.frames]


def is_frozen(task):
    return bool(task.member_("__state").value_() & TASK_FROZEN)


def waited_ns(host, task):
    """
    Since the scheduler last took it off its processor. Since 6.12 a task that sleeps may be moved to another one, and has
    no exec_start from then on (enqueue_entity()): then since it was last put on one.
    """
    arrived = member(task.sched_info, "last_arrival")
    ran = max(task.se.exec_start.value_(), arrived.value_() if arrived is not None else 0)
    return max(0, host.scheduler_ns() - ran)


def work_of(task):
    if not task.flags.value_() & PF_WQ_WORKER:
        return "-"
    worker = cast("struct worker *", kthread_data(task))
    return symbol(task.prog_, worker.current_func.value_()) or "-" if worker.current_func else "-"


def ring_of(task):
    """The address of the ring that a worker waits to free, or None."""
    ctx = worker_context(task, task.prog_) if task.flags.value_() & PF_WQ_WORKER else None
    return ctx.value_() if ctx is not None else None


def worker_context(task, prog):
    """The ring that a worker waits to free, or None."""
    worker = cast("struct worker *", kthread_data(task))
    if not worker.current_func or symbol(prog, worker.current_func.value_()) != "io_ring_exit_work":
        return None
    return container_of(Object(prog, "struct work_struct *", worker.current_work.value_()), "struct io_ring_ctx",
                        "exit_work")
