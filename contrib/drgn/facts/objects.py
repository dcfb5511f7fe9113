# SPDX-License-Identifier: GPL-2.0
# Which object of the kernel an address is in that was found on a stack. It is believed if it is just where that object has
# what is waited for.
from drgn import container_of


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
