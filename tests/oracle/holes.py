# SPDX-License-Identifier: GPL-2.0
# Makes holes in a dump, as it may be without some pages: takes from it the page that begins each of some objects.
# The file is changed. usage: drgn -c DUMP holes.py DUMP
import struct
import sys

from drgn import get_default_prog
from drgn.helpers.linux.fs import for_each_file
from drgn.helpers.linux.idr import idr_for_each_entry
from drgn.helpers.linux.mm import follow_phys
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_state_to_char

PAGE = 4096
PT_LOAD = 1
HEADER, SEGMENT = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ")


def first(objects):
    return next((found for found in objects if found), None)


def a_context(prog):
    """Of AIO."""
    tables = (task.mm.ioctx_table for task in for_each_task(prog) if task.mm and task.mm.ioctx_table)
    return first(table.table[i] for table in tables for i in range(table.nr.value_()))


def a_ring(prog):
    for task in for_each_task(prog):
        for _, file in for_each_file(task) if task.files else ():
            if file and file.f_op == prog["io_uring_fops"].address_of_():
                return file.private_data
    return None


def a_stack(prog):
    """Its uppermost page: of a task that sleeps in D there its frames begin."""
    task = first(task for task in for_each_task(prog) if task_state_to_char(task)[0] == "D")
    return task.thread.sp


def nbds(prog):
    return [nbd for _, nbd in idr_for_each_entry(prog["nbd_index_idr"].address_of_(), "struct nbd_device")]


def a_socket(prog):
    nbd = first(nbd for nbd in nbds(prog) if nbd.config and nbd.config.num_connections.value_() > 1)
    return nbd.config.socks[0].sock.sk


def requests(prog):
    """Those of nbd's that are in flight."""
    for nbd in nbds(prog):
        for i in range(nbd.tag_set.nr_hw_queues.value_()):
            tags = nbd.tag_set.tags[i]
            for rq in (tags.static_rqs[slot].read_() for slot in range(tags.nr_tags.value_())):
                if rq and rq.state.value_() == 1 and rq.bio:
                    yield nbd, rq


def a_bio(prog):
    return first(rq.bio.bi_private for _, rq in requests(prog))


def segments(dump):
    dump.seek(0)
    header = HEADER.unpack(dump.read(HEADER.size))
    dump.seek(header[5])
    return header, [SEGMENT.unpack(dump.read(SEGMENT.size)) for _ in range(header[10])]


def without(segment, hole):
    """What is left of a segment without a page, by its physical address."""
    kind, flags, offset, virtual, physical, size, memory, align = segment
    if kind != PT_LOAD or not physical <= hole < physical + size:
        return [segment]
    before, after = hole - physical, hole - physical + PAGE
    parts = [(before, 0), (size - after, after)]
    return [(kind, flags, offset + at, virtual + at if virtual else 0, physical + at, length, length, align)
            for length, at in parts if length > 0]


def punch(path, holes):
    """The new table of segments goes behind all else."""
    with open(path, "r+b") as dump:
        header, table = segments(dump)
        for hole in holes:
            table = [part for segment in table for part in without(segment, hole)]
        at = dump.seek(0, 2)
        dump.write(b"".join(SEGMENT.pack(*segment) for segment in table))
        dump.seek(0)
        dump.write(HEADER.pack(*header[:5], at, *header[6:10], len(table), *header[11:]))


def main(prog):
    victims = {"context": a_context(prog), "ring": a_ring(prog), "stack": a_stack(prog), "socket": a_socket(prog),
               "bio": a_bio(prog)}
    holes = []
    for name, victim in victims.items():
        if victim is None:
            sys.exit(f"holes.py: there is no {name}")
        holes.append(follow_phys(prog["init_mm"].address_of_(), victim.value_()).value_() & ~(PAGE - 1))
        print(f"# without the page of a {name}: {holes[-1]:#x}")
    punch(sys.argv[1], holes)


main(get_default_prog())
