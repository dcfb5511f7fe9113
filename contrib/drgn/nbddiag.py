# SPDX-License-Identifier: GPL-2.0
# Writes what nbddiag's module would show, without the module: of a live kernel, or of a dump of a kernel that is dead.
# Run it by drgn, with debug symbols of the kernel and of nbd; README.md beside it says how.
import argparse
import os
import sys

from drgn import FaultError, get_default_prog

# A package's directory stays as it was installed.
sys.dont_write_bytecode = True
from facts import needs
from facts.tree import write_tree

# Something could not be read, and is left out.
STATUS_GAPS = 3

parser = argparse.ArgumentParser(
    prog="drgn [-c VMCORE] nbddiag.py",
    description="Write the files of nbddiag(4), and what nbddiag(8) takes from /proc and /sys, as a directory tree, "
                "which 'nbddiag --root DIR' reads. They come from the running kernel, or with -c from a dump.",
    epilog="Nothing is locked: of a running kernel, values may belong to different moments. A value that is not looked "
           "for is -(not-by-drgn); README.md beside this script lists them. Status: 0 if all was read; 1 if nothing "
           "was, as debug symbols are lacking or DIR is not empty; 2 for wrong arguments; 3 if something could not be "
           "read: the files say what, as -(unreadable) and 'complete: no'.")
parser.add_argument("dir", metavar="DIR", help="where to write the tree: a directory that is empty or not there yet")
root = parser.parse_args().dir
if os.path.lexists(root) and not (os.path.isdir(root) and not os.listdir(root)):
    needs.stop(f"{root} is there already, and is no empty directory")
try:
    complete = needs.check(get_default_prog())
    complete &= write_tree(get_default_prog(), root)
except FaultError as error:
    needs.stop(f"what all depends on cannot be read: {error}")
sys.exit(0 if complete else STATUS_GAPS)
