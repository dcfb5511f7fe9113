# SPDX-License-Identifier: GPL-2.0
# What all files are made of: the tasks and disks of the host, and what a file or page belongs to.
import functools

from drgn import Object, cast, container_of
from drgn.helpers.linux.block import disk_name, for_each_disk
from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.fs import for_each_file
from drgn.helpers.linux.idr import idr_for_each_entry
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.xarray import xa_for_each

from .gaps import Gaps
from .stacks import STACK_SIZE, Stack
from .values import member, now_ns, ticks_per_second

S_IFMT, S_IFBLK = 0o170000, 0o060000
PF_EXITING = 4
BD_PARTNO, BD_READ_ONLY = 0xFF, 1 << 8
GD_READ_ONLY = 1
# No page has its structure above.
SMALLEST_MASK = (1 << 64) - (1 << 28)


class Disk:
    def __init__(self, gendisk):
        self.gendisk = gendisk
        self.name = disk_name(gendisk).decode()
        self.major = gendisk.major.value_()
        self.minor = gendisk.first_minor.value_()
        self.queue = gendisk.queue.read_()
        self.has_queue = bool(self.queue.mq_ops)
        self.address = gendisk.value_()

    @property
    def dev(self):
        return f"{self.major}:{self.minor}"

    @property
    def driver(self):
        owner = self.gendisk.fops.owner
        return owner.name.string_().decode() if owner else None

    @property
    def capacity(self):
        return self.gendisk.part0.bd_nr_sectors.value_() * 512

    @property
    def read_only(self):
        return is_read_only(self.gendisk.part0)

    @property
    def block_size(self):
        return self.queue.limits.logical_block_size.value_()


class Opened:
    """A block device, with the filesystem that lies between it and whoever asked."""

    def __init__(self, bdev, fs=None):
        self.disk = bdev.bd_disk.value_()
        flag = member(bdev, "__bd_flags")
        self.part = flag.counter.value_() & BD_PARTNO if flag is not None else bdev.bd_partno.value_()
        self.fs = fs


class Host:
    def __init__(self, prog):
        self.prog = prog
        self.gaps = Gaps()
        self.now = now_ns(prog)
        # Why stacks cannot be unwound, if so.
        self.why_no_stacks = None
        self.hz = ticks_per_second(prog)
        self.tasks = list(self.gaps.each("tasks", for_each_task(prog)))
        self.disks = sorted(self.gaps.attempt_each("disks", Disk, for_each_disk(prog)),
                            key=lambda disk: (disk.major, disk.minor))
        self.disk_at = {disk.address: disk for disk in self.disks}
        self.stack_at = {}

    def stack_of(self, task):
        """Unwound once."""
        address = task.value_()
        if address not in self.stack_at:
            self.stack_at[address] = Stack(self, task)
        return self.stack_at[address]

    def scheduler_ns(self):
        """The scheduler's clock, of the processor that looked last; asked anew, as tasks may run meanwhile."""
        return max(per_cpu(self.prog["runqueues"], cpu).clock.value_() for cpu in for_each_online_cpu(self.prog))

    @functools.cached_property
    def nbds(self):
        """Pairs of a struct nbd_device and its disk."""
        try:
            idr = self.prog["nbd_index_idr"].address_of_()
        except LookupError:
            # There is no nbd: of one that is loaded, needs.py has found the symbols.
            return []
        found = (nbd for _, nbd in self.gaps.each("devices", idr_for_each_entry(idr, "struct nbd_device")))
        return self.gaps.attempt_each("devices", self.with_disk, found)

    def with_disk(self, nbd):
        disk = self.disk_at.get(nbd.disk.value_())
        return (nbd, disk) if disk else None

    @functools.cached_property
    def nbd_locks(self):
        """Name, disk and address of nbd's locks."""
        return [lock for locks in self.gaps.attempt_each("devices", locks_of_nbd, self.nbds) for lock in locks]

    @functools.cached_property
    def superblocks(self):
        """By their addresses."""
        listed = list_for_each_entry("struct super_block", self.prog["super_blocks"].address_of_(), "s_list")
        return {sb.value_(): sb for sb in self.gaps.each("superblocks", listed)}

    @functools.cached_property
    def task_at(self):
        return {task.value_(): task for task in self.tasks}

    @functools.cached_property
    def leaders(self):
        """By the number of their processes."""
        return {pid: task for pid, task in self.task_of_pid.items() if self.gaps.attempt("tasks", is_leader, task)}

    @functools.cached_property
    def task_of_pid(self):
        return dict(self.gaps.attempt_each("tasks", with_pid, self.tasks))

    def opened_by_name(self, opened):
        """Its name, that of a partition too; None if its disk is not in the system any more."""
        disk = self.disk_at.get(opened.disk)
        if not disk:
            return None
        return partition_name(disk.name, opened.part) if opened.part else disk.name

    @functools.cached_property
    def descriptors(self):
        """Of each set of files that tasks share, by its address: a list of number and file."""
        found = {}
        for task in self.tasks:
            self.gaps.attempt("descriptors", self.add_descriptors, task, found)
        return found

    def add_descriptors(self, task, found):
        files = task.files.read_()
        if files and files.value_() not in found:
            # Without a number that open(2) has only reserved.
            found[files.value_()] = [(fd, file) for fd, file in self.gaps.each("descriptors", for_each_file(task)) if file]

    def files_of(self, task):
        files = task.files.read_()
        return self.descriptors.get(files.value_(), []) if files else []

    def has_open(self, task, disk):
        return any(is_of_disk(file, disk) for _, file in self.files_of(task))

    @functools.cached_property
    def stacks(self):
        """Where each task's stack begins, to tell whose an address is."""
        return self.gaps.attempt_each("tasks", stack_begin, self.tasks)

    def task_of_stack(self, address):
        for low, task in self.stacks:
            if low <= address < low + STACK_SIZE:
                return task
        return None


def locks_of_nbd(nbd_and_disk):
    """Name, disk and address: the device's, and that for sending over each socket."""
    nbd, disk = nbd_and_disk
    locks = [("config_lock", nbd.config_lock)]
    config = nbd.config.read_()
    locks += [("tx_lock", config.socks[i].tx_lock) for i in range(config.num_connections.value_() if config else 0)]
    return [(name, disk, lock.address_of_().value_()) for name, lock in locks]


def partition_name(disk, number):
    return disk + ("p" if disk[-1].isdigit() else "") + str(number)


def is_read_only(bdev):
    """Of a disk or of a partition."""
    flag = member(bdev, "__bd_flags")
    own = flag.counter.value_() & BD_READ_ONLY if flag is not None else bdev.bd_read_only.value_()
    return bool(own) or bool(bdev.bd_disk.state.value_() & 1 << GD_READ_ONLY)


def with_pid(task):
    return task.pid.value_(), task


def is_leader(task):
    return task.pid.value_() == task.tgid.value_()


def stack_begin(task):
    return (task.stack.value_(), task) if task.stack else None


def block_device(file):
    """The block device that a file is, or None."""
    if file.f_inode.i_mode.value_() & S_IFMT != S_IFBLK:
        return None
    inode = file.f_mapping.host
    return container_of(inode, "struct bdev_inode", "vfs_inode").bdev


def is_of_disk(file, disk):
    bdev = block_device(file)
    return bdev is not None and bdev.bd_disk.value_() == disk.address


def opened_inode(inode):
    """What an inode's data lies on: itself if it is a block device's, else the device of its filesystem."""
    sb = inode.i_sb.read_()
    fs = sb.s_type.name.string_()
    if fs == b"bdev":
        return Opened(container_of(inode, "struct bdev_inode", "vfs_inode").bdev)
    return Opened(sb.s_bdev, fs) if sb.s_bdev else None


def opened_file(file):
    mapping = file.f_mapping.read_()
    return opened_inode(mapping.host.read_()) if mapping and mapping.host else None


def folio_of(page):
    """The folio that a page is part of."""
    info = member(page, "compound_head", "compound_info").value_()
    address = page.value_()
    if info & 1:
        # On newer kernels it can be a mask, as structures of pages are aligned there.
        address = address & info if info >= SMALLEST_MASK else info - 1
    return Object(page.prog_, "struct folio *", address)


def opened_folio(folio):
    """None if it is anonymous, or of no inode any more."""
    mapping = folio.mapping.value_()
    if not mapping or mapping & 3:
        return None
    host = Object(folio.prog_, "struct address_space *", mapping).host.read_()
    return opened_inode(host) if host else None


def hardware_queues(queue):
    """All contexts of a queue's hardware queues."""
    if not queue.mq_ops:
        return []
    table = member(queue, "hctx_table")
    if table is not None:
        return [cast("struct blk_mq_hw_ctx *", Object(queue.prog_, "void *", entry.value_()))
                for _, entry in xa_for_each(table.address_of_())]
    return [queue.queue_hw_ctx[i].read_() for i in range(queue.nr_hw_queues.value_())]
