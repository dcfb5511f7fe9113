# SPDX-License-Identifier: GPL-2.0
# Writes what nbddiag's module would show, without the module: of a live kernel, or of a dump of a kernel that is dead.
# Run it by drgn, with debug symbols of the kernel and of nbd; README.md beside it says how.
import argparse
import sys

from drgn import get_default_prog

# A package's directory stays as it was installed.
sys.dont_write_bytecode = True
from facts.tree import write_tree

parser = argparse.ArgumentParser(
    prog="drgn [-c VMCORE] nbddiag.py",
    description="Write the files of nbddiag(4), and what nbddiag(8) takes from /proc and /sys, as a directory tree, "
                "which 'nbddiag --root DIR' reads. They come from the running kernel, or with -c from a dump.",
    epilog="Left out: generation, what drivers of bios and the device mapper keep in lists of their own, limits of "
           "cgroups, paths of multipath maps, tasks that wait for what is not among pages, bios, buffers, tags, frozen "
           "queues and locks, mounts of other mount namespaces, swap, and aio_scan. A value that is left out is -(not-by-drgn). Nothing is locked: of a "
           "running kernel, values may belong to different moments.")
parser.add_argument("dir", metavar="DIR", help="where to write the tree")
write_tree(get_default_prog(), parser.parse_args().dir)
