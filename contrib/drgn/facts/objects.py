# SPDX-License-Identifier: GPL-2.0
# Which object of the kernel an address is in that was found on a stack. It is believed if it is just where that object has
# what is waited for.
from drgn import Object, container_of, offsetof, sizeof


def limited_by(prog, disk):
    """The wait queues where a disk's writeback waits for its turn, from block/blk-wbt.c: their addresses."""
    found = set()
    policy = disk.queue.rq_qos.read_() if disk.has_queue else None
    while policy:
        if policy.id.value_() == prog.constant("RQ_QOS_WBT").value_():
            waits = container_of(policy, "struct rq_wb", "rqos").rq_wait
            found.update(waits[i].address_of_().value_() for i in range(len(waits)))
        policy = policy.next.read_()
    return found


def superblock_with_writers(host, sem):
    """The superblock that has this semaphore, which whoever writes takes for reading (fs/super.c), or None."""
    for sb in host.superblocks.values():
        writers = sb.s_writers.rw_sem
        if 0 <= sem - writers.address_of_().value_() < sizeof(writers):
            return sb
    return None


def inode_of_word(host, word):
    """The inode whose state is waited for, or None. Newer kernels add the number of the bit to the address."""
    base = word - offsetof(host.prog.type("struct inode"), "i_state")
    inode = Object(host.prog, "struct inode *", base & ~7)
    return inode if inode.i_sb.value_() in host.superblocks and inode.i_mapping.host == inode else None
