# SPDX-License-Identifier: GPL-2.0
# The tree that nbddiag --root reads: the files of the module, and what it takes from /sys and /proc.
import datetime
import os
import sys

from drgn import cast
from drgn.helpers.linux.fs import d_path, dentry_path, for_each_mount, mount_dst, mount_fstype, mount_src
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.xarray import xa_for_each

from .aio import Contexts
from .host import Host, block_device, is_read_only, partition_name
from .io import Io
from .nbd import devices, lines_of
from .requests import Outstanding
from .tasks import Tasks
from .uring import Rings
from .values import FORMAT, dev, member, state, timekeeper

MODULE_FILES = "sys/kernel/debug/nbddiag"
STATES = {"R": "running", "S": "sleeping", "D": "disk sleep", "T": "stopped", "t": "tracing stop", "Z": "zombie",
          "X": "dead", "I": "idle", "P": "parked"}


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="ascii", errors="backslashreplace") as out:
        out.write(text)


class Tree:
    """The files, one by one: one that cannot be made is missing, and the others are not."""

    def __init__(self, prog, root):
        self.host = Host(prog)
        self.root = root

    def write_lines(self, name, make, *arguments):
        try:
            lines = make(*arguments)
        except Exception as error:
            # Whatever it is: the rest is worth as much.
            self.host.gaps.note(f"file {name}", error)
            return
        write(self.root, f"{MODULE_FILES}/{name}", "".join(line + "\n" for line in lines))

    def write_module_files(self):
        host = self.host
        outstanding = Outstanding(host)
        contexts = Contexts(host, outstanding)
        io = Io(host, outstanding, contexts.owners)
        found = devices(host, outstanding)
        self.write_lines("devices", lambda: [FORMAT] + [lines_of(host, device, "line") for device in found])
        for device in found:
            self.write_lines(device.disk.name, lines_of, host, device, "file", contexts.owners)
        self.write_lines("tasks", lambda: Tasks(host, outstanding, io).file())
        self.write_lines("uring", lambda: Rings(host, outstanding, io).file())
        # These know by now whether the stacks could be unwound.
        self.write_lines("aio", contexts.file)
        self.write_lines("io", io.file)

    def write_others(self):
        gaps = self.host.gaps
        gaps.attempt("origin", write_origin, self.host, self.root)
        names = {disk.name for disk in self.host.disks}
        for disk in self.host.disks:
            gaps.attempt("disks in sys", write_disk, disk, names, self.root)
        for task in self.host.tasks:
            gaps.attempt("tasks in proc", write_task, self.host, task, self.root)
        gaps.attempt("mounts", write_mounts, self.host, self.root)


def write_tree(prog, root):
    """Whether all could be read."""
    tree = Tree(prog, root)
    tree.write_module_files()
    tree.write_others()
    host = tree.host
    if host.why_no_stacks:
        print(f"nbddiag.py: stacks cannot be unwound ({host.why_no_stacks}): who waits for what, and AIO contexts that are "
              "dying, are missing; a newer drgn may help", file=sys.stderr)
    host.gaps.report()
    return not host.gaps.found and not host.why_no_stacks


def write_origin(host, root):
    uts = host.prog["init_uts_ns"].name
    seconds = timekeeper(host.prog).xtime_sec.value_()
    time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    write(root, "nbddiag-capture", f"version: drgn\nhost: {uts.nodename.string_().decode()}\n"
          f"kernel: {uts.release.string_().decode()}\narch: {uts.machine.string_().decode()}\n"
          f"time: {time:%Y-%m-%dT%H:%M:%SZ}\ndeep: no\n")
    write(root, "proc/sys/fs/aio-nr", f"{host.prog['aio_nr'].value_()}\n")
    write(root, "proc/sys/fs/aio-max-nr", f"{host.prog['aio_max_nr'].value_()}\n")


def write_link(root, path, target):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    os.symlink(target, full)


def write_disk(disk, disks, root):
    """@disks: the names of all"""
    base = f"sys/block/{disk.name}"
    write_numbers(base, disk.dev, disk.gendisk.part0, disk.read_only, root)
    for number, part in xa_for_each(disk.gendisk.part_tbl.address_of_()):
        if number:
            part = cast("struct block_device *", part)
            name = partition_name(disk.name, number)
            write_numbers(f"{base}/{name}", dev(part.bd_dev.value_()), part, is_read_only(part), root)
            write(root, f"{base}/{name}/partition", f"{number}\n")
    if disk.driver == "dm_mod":
        cell = cast("struct hash_cell *", cast("struct mapped_device *", disk.gendisk.private_data).interface_ptr)
        if cell:
            write(root, f"{base}/dm/name", cell.name.string_().decode("ascii", "backslashreplace") + "\n")
    for holder in list_for_each_entry("struct bd_holder_disk", disk.gendisk.slave_bdevs.address_of_(), "list"):
        directory = member(holder, "holder_dir")
        # On older kernels it is found by way of the device.
        below = holder.bdev.bd_device.kobj if directory is None else directory.parent
        name, parent = (kobject.name.string_().decode() for kobject in (below, below.parent))
        # A partition is in the directory of its disk.
        path = f"sys/block/{parent}/{name}" if parent in disks else f"sys/block/{name}"
        write(root, f"{base}/slaves/{name}", "")
        write(root, f"{path}/holders/{disk.name}", "")


def write_numbers(base, number, bdev, read_only, root):
    write(root, f"{base}/dev", number + "\n")
    write(root, f"{base}/size", f"{bdev.bd_nr_sectors.value_()}\n")
    write(root, f"{base}/ro", f"{int(read_only)}\n")


def write_task(host, task, root):
    """Its name and state, and what it has open of block devices, as a capture has it."""
    opened = []
    for fd, file in host.files_of(task):
        if block_device(file) is not None:
            path = d_path(file.f_path).decode("ascii", "backslashreplace")
            opened.append(f"{fd} {dev(file.f_inode.i_rdev.value_())} 0{file.f_flags.value_():o} {path}\n")
    letter = state(task)
    pid, tgid = task.pid.value_(), task.tgid.value_()
    base = f"proc/{tgid}/task/{pid}"
    name = task.comm.string_().decode("ascii", "backslashreplace")
    write(root, f"{base}/fd.rdev", "".join(opened))
    write(root, f"{base}/comm", name + "\n")
    write(root, f"{base}/status", f"Name:\t{name}\nState:\t{letter} ({STATES.get(letter, 'unknown')})\nTgid:\t{tgid}\n"
          f"Pid:\t{pid}\n")


def write_mounts(host, root):
    """Those of the first process."""
    lines = host.gaps.attempt_each("mounts", mount_line, for_each_mount(host.prog))
    write(root, "proc/1/task/1/mountinfo", "".join(lines))
    number = host.prog["init_task"].nsproxy.mnt_ns.ns.inum.value_()
    write_link(root, "proc/1/task/1/ns/mnt", f"mnt:[{number}]")
    write_link(root, "proc/self/ns/pid", f"pid:[{host.prog['init_pid_ns'].ns.inum.value_()}]")


def mount_line(mount):
    sb = mount.mnt.mnt_sb.read_()
    words = [dentry_path(mount.mnt.mnt_root) or b"/", mount_dst(mount)]
    if not words[0].startswith(b"/"):
        words[0] = b"/" + words[0]
    names = [word.decode("ascii", "backslashreplace").replace(" ", "\\040") for word in
             (*words, mount_fstype(mount), mount_src(mount))]
    return (f"{mount.mnt_id.value_()} {mount.mnt_parent.mnt_id.value_()} {dev(sb.s_dev.value_())} "
            f"{names[0]} {names[1]} rw - {names[2]} {names[3]} rw\n")
