# SPDX-License-Identifier: GPL-2.0
# Bios that wait above a disk, and have no request: of a mapped device that is suspended (drivers/md/dm.c keeps them in the
# list deferred), and those that limits of cgroups hold back (block/blk-throttle.c).
from drgn import cast, container_of
from drgn.helpers.linux.list import list_for_each_entry

from .chain import Chain
from .pending import Pending
from .values import member

# Of a struct mapped_device.
DMF_BLOCK_IO_FOR_SUSPEND, DMF_SUSPENDED = 1 << 0, 1 << 1
SUSPENDED, THROTTLED = "suspended", "throttled"


class HeldBio(Pending):
    def __init__(self, bio, host, disk, state):
        # The kernel notes when a bio is sent on, and not since when it waits.
        super().__init__(disk, state, bio.bi_opf.value_(), 0, [Chain(host, bio)])
        self.sector = bio.bi_iter.bi_sector.value_()
        self.bytes = bio.bi_iter.bi_size.value_()


def bios_in(bio_list):
    bio = bio_list.head.read_()
    while bio:
        yield bio
        bio = bio.bi_next.read_()


# --- the device mapper ----------------------------------------------------------------------------


def mapped_device(disk):
    """What the device mapper has of a disk; None for other disks."""
    return cast("struct mapped_device *", disk.gendisk.private_data) if disk.driver == "dm_mod" else None


def is_suspended(md):
    return bool(md.flags.value_() & (DMF_BLOCK_IO_FOR_SUSPEND | DMF_SUSPENDED))


def deferred(disk):
    """Bios in the list of a device that is suspended: of another one a worker just takes them."""
    md = mapped_device(disk)
    return bios_in(md.deferred) if md is not None and is_suspended(md) else ()


# --- limits of cgroups ----------------------------------------------------------------------------


def throttled(disk):
    """Each bio is in one queue: of a cgroup that has a limit for the disk, of one above that, or of the disk itself."""
    limits = member(disk.queue, "td")
    if not limits:
        return
    index = disk.queue.prog_["blkcg_policy_throtl"].plid.value_()
    groups = list_for_each_entry("struct blkcg_gq", disk.queue.blkg_list.address_of_(), "q_node")
    policies = (group.pd[index].read_() for group in groups)
    for holder in (limits, *(container_of(policy, "struct throtl_grp", "pd") for policy in policies if policy)):
        for way in range(2):
            for node in list_for_each_entry("struct throtl_qnode", holder.service_queue.queued[way].address_of_(), "node"):
                yield from queued_bios(node)


def queued_bios(node):
    """Newer kernels keep bios apart by what limit holds them back."""
    lists = [found for found in (member(node, name) for name in ("bios", "bios_bps", "bios_iops")) if found is not None]
    for bio_list in lists:
        yield from bios_in(bio_list)


def held_bios(host, disk):
    """All of one disk."""
    found = []
    for bios, state in ((deferred, SUSPENDED), (throttled, THROTTLED)):
        found += host.gaps.attempt_each("requests", HeldBio, host.gaps.attempt("requests", bios, disk, otherwise=()),
                                        host, disk, state)
    return found
