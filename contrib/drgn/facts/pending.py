# SPDX-License-Identifier: GPL-2.0
# What the files say of all that is outstanding, be it a request or a bio that has none yet.
from .values import U64, age

OPS = {0: "read", 1: "write", 2: "flush", 3: "discard", 9: "write-zeroes"}


class Pending:
    """
    @disk: where it rests; @flags: its operation, with flags of the block layer; @start_ns: 0 if it is not known
    @state: a word of the format; @chains: whoever waits, of each bio
    """

    def __init__(self, disk, state, flags, start_ns, chains):
        self.disk = disk
        self.state = state
        self.op = OPS.get(flags & 0xFF, str(flags & 0xFF))
        self.start_ns = start_ns
        self.chains = chains
        self.chain = chains[0]
        self.sector = self.bytes = 0

    def place(self, host):
        """Fields op, sector, bytes and age_ns."""
        return {"op": self.op, "sector": self.sector, "bytes": self.bytes, "age_ns": age(host.now, self.start_ns)}

    @property
    def order(self):
        """To sort by: the oldest first, and those of which no age is known last."""
        return self.start_ns or U64

    def asked(self):
        return self.chain.asked(self.disk.address)
