# SPDX-License-Identifier: GPL-2.0
# From a bio upward, through the layers that made it of another one, to whoever waits for it.
from drgn import Object, cast, container_of

from .gaps import READ_ERRORS
from .host import Opened, folio_of, opened_file, opened_folio
from .values import UNREADABLE, member, symbol, unknown

MOST_STEPS = 64
PAGE_SIZE = 4096
DIO_IS_SYNC = 2
# Functions that end I/O of the page cache: the page tells whose it is.
BUFFERS = {"end_bio_bh_io_sync", "bh_end_read", "bh_end_write", "bh_end_async_read", "bh_end_async_write"}
PAGE_CACHE = {*BUFFERS, "mpage_end_io", "mpage_read_end_io", "mpage_write_end_io",
              "iomap_read_end_io", "iomap_writepage_end_bio", "ext4_end_bio"}


class Chain:
    """
    @end_io: the function that is called last; @first_end_io: for the whole of what was split, first
    @disks: addresses of the disks that were met above the one where the bio rests, from below
    @bios: addresses of the bios that were met; @last: the uppermost one
    @who: aio, task, io-uring, page-cache, writeback, or why it is not known
    """

    def __init__(self, host, bio):
        self.host = host
        self.end_io = self.first_end_io = self.kiocb = self.ctx = self.req = self.task = self.opened = self.folio = self.bh = None
        self.who = unknown("no-bio")
        self.disks = []
        self.bios = []
        self.last = None
        if bio:
            self.read(bio)

    def read(self, bio):
        try:
            self.rests_at = bio.bi_bdev.bd_disk.value_() if bio.bi_bdev else None
            self.walk(bio)
        except READ_ERRORS as error:
            self.host.gaps.note("chains", error)
            self.who = UNREADABLE
            self.kiocb = self.ctx = self.req = self.task = self.opened = self.folio = self.bh = None

    def walk(self, bio):
        for _ in range(MOST_STEPS):
            disk = bio.bi_bdev.bd_disk.value_() if bio.bi_bdev else None
            if disk and disk != self.rests_at and disk not in self.disks:
                self.disks.append(disk)
            self.bios.append(bio.value_())
            self.last = bio
            self.end_io = symbol(bio.prog_, bio.bi_end_io.value_())
            if self.first_end_io in (None, "bio_chain_endio"):
                self.first_end_io = self.end_io
            above = self.above(bio)
            if above is None:
                self.top(bio)
                return
            bio = above
        self.who = unknown("too-long")

    def above(self, bio):
        if self.end_io == "bio_chain_endio":
            return cast("struct bio *", bio.bi_private)
        if self.end_io == "clone_endio":
            return container_of(bio, "struct dm_target_io", "clone").io.orig_bio.read_()
        return None

    def top(self, bio):
        end_io = self.end_io
        if end_io == "blkdev_bio_end_io_async":
            self.by_kiocb(container_of(bio, "struct blkdev_dio", "bio").iocb)
        elif end_io == "iomap_dio_simple_end_io":
            self.by_kiocb(container_of(bio, "struct iomap_dio_simple", "bio").iocb)
        elif end_io == "blkdev_bio_end_io":
            dio = cast("struct blkdev_dio *", bio.bi_private)
            if dio.flags.value_() & DIO_IS_SYNC:
                self.by_task(dio.waiter)
            else:
                self.by_kiocb(dio.iocb)
        elif end_io == "iomap_dio_bio_end_io":
            dio = cast("struct iomap_dio *", bio.bi_private)
            if dio.wait_for_completion:
                self.opened = opened_file(dio.iocb.ki_filp)
                self.by_task(dio.submit.waiter)
            else:
                self.by_kiocb(dio.iocb)
        elif end_io in ("submit_bio_wait_endio", "bio_wait_end_io"):
            # A completion on the stack of whoever waits.
            self.by_task(self.host.task_of_stack(bio.bi_private.value_()))
        elif end_io in PAGE_CACHE:
            self.by_page(bio)
        else:
            self.who = unknown("other-function")
        if self.opened is None and bio.bi_bdev and end_io not in PAGE_CACHE:
            self.opened = Opened(bio.bi_bdev)

    def by_task(self, task):
        self.who = "task"
        self.task = task

    def by_page(self, bio):
        if self.end_io in BUFFERS:
            self.bh = bio.bi_private.value_()
        self.who = "page-cache" if bio.bi_opf.value_() & 1 == 0 else "writeback"
        self.folio = folio_of(bio.bi_io_vec[0].bv_page)
        self.opened = opened_folio(self.folio)

    def by_kiocb(self, kiocb):
        self.kiocb = kiocb
        self.opened = opened_file(kiocb.ki_filp)
        ends = symbol(kiocb.prog_, kiocb.ki_complete.value_()) if kiocb.ki_complete else None
        if ends == "aio_complete_rw":
            self.who = "aio"
            self.ctx = container_of(kiocb, "struct aio_kiocb", "rw").ki_ctx.read_()
        elif ends in ("io_complete_rw", "io_complete_rw_iopoll"):
            self.who = "io-uring"
            self.req = Object(kiocb.prog_, "struct io_kiocb *", kiocb.value_())
            self.task = ring_task(self.req)
        else:
            self.who = unknown("other-function")

    def pages(self):
        """The pages of the uppermost bio, if they are of the page cache."""
        if self.folio is None:
            return
        for i in range(self.last.bi_vcnt.value_()):
            vec = self.last.bi_io_vec[i]
            for n in range((vec.bv_offset.value_() + vec.bv_len.value_() + PAGE_SIZE - 1) // PAGE_SIZE):
                yield (vec.bv_page + n).value_()

    # --- as it is written in all files ---

    def asked(self, rests_at):
        """Fields asked, fs and via."""
        asked, fs = None, "-"
        if self.who == UNREADABLE:
            name = fs = UNREADABLE
        elif self.opened:
            asked = self.opened.disk
            name = self.host.opened_by_name(self.opened)
            if self.opened.fs:
                fs = f'"{self.opened.fs.decode("ascii", "backslashreplace")}"'
        else:
            asked = self.disks[-1] if self.disks else rests_at
            name = self.name_of(asked)
        via = [self.name_of(disk) or unknown("removing") for disk in reversed(self.disks)
               if disk not in (asked, rests_at)]
        return {"asked": name or unknown("removing"), "fs": fs, "via": ",".join(via) or "-"}

    def name_of(self, address):
        disk = self.host.disk_at.get(address)
        return disk.name if disk else None


def ring_task(req):
    """The task that sent a request of io_uring."""
    task = member(req, "task")
    if task is not None:
        return task.read_()
    tctx = member(req, "tctx")
    return tctx.task.read_() if tctx is not None and tctx else None
