# SPDX-License-Identifier: GPL-2.0
# Whether the kernel is one that can be read, and the debug symbols of it and of its modules are there.
import re
import sys

from drgn import FaultError
from drgn.helpers.linux.block import for_each_disk
from drgn.helpers.linux.list import list_for_each_entry

OLDEST = (6, 1)
# Of each module something that only its symbols have.
OWN = {"nbd": "nbd_index_idr", "dm_mod": "clone_endio", "ext4": "ext4_end_bio"}


def stop(text):
    sys.exit(f"nbddiag.py: {text}")


def has(prog, name):
    try:
        prog[name]
    except LookupError:
        return False
    return True


def check(prog):
    """Stops if something is lacking without which the files would be wrong. Returns whether all could be looked at."""
    if not has(prog, "init_uts_ns"):
        stop("no debug symbols of the kernel: install those of just this kernel (on Debian linux-image-RELEASE-dbg), "
             "or name them with drgn's option -s")
    release = prog["init_uts_ns"].name.release.string_().decode("ascii", "backslashreplace")
    version = tuple(int(number) for number in re.findall(r"\d+", release)[:2])
    if version < OLDEST:
        stop(f"the kernel is {release}: only Linux {OLDEST[0]}.{OLDEST[1]} and later can be read")
    try:
        for name in modules(prog):
            if name in OWN and not has(prog, OWN[name]) and is_needed(prog, name):
                stop(f"no debug symbols of {name}, which is in use: install linux-image-{release}-dbg, or what your "
                     f"distribution calls it, or name the file {name.replace('_', '-')}.ko with drgn's option -s")
    except FaultError as error:
        print(f"nbddiag.py: not all modules are known, nor whether their debug symbols are there: {error}", file=sys.stderr)
        return False
    return True


def modules(prog):
    if not has(prog, "modules"):
        # This kernel has none that can be loaded.
        return []
    return (module.name.string_().decode() for module in
            list_for_each_entry("struct module", prog["modules"].address_of_(), "list"))


def is_needed(prog, name):
    if name == "dm_mod":
        return any(owner_is(disk.fops, name) for disk in for_each_disk(prog))
    if name == "ext4":
        return any(owner_is(sb.s_type, name) for sb in
                   list_for_each_entry("struct super_block", prog["super_blocks"].address_of_(), "s_list"))
    return True


def owner_is(operations, name):
    """Of what has a member owner."""
    return bool(operations.owner) and operations.owner.name.string_().decode() == name
