# SPDX-License-Identifier: GPL-2.0
# How values are written in the files of nbddiag(4), and what many of them need to know of the kernel.
from drgn import Object
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.percpu import per_cpu_ptr
from drgn.helpers.linux.sched import task_state_to_char

FORMAT = "format: 1"
NONE = "-"
U64 = (1 << 64) - 1
# The mark of what a script cannot know, or does not look for.
LEFT_OUT = "-(not-by-drgn)"

UNREADABLE = "-(unreadable)"


def unknown(reason):
    return f"-({reason})"


def quoted(data):
    """Bytes as a string of the format."""
    text = ""
    for byte in data:
        if chr(byte) in '"\\':
            text += "\\" + chr(byte)
        elif 0x20 <= byte <= 0x7E:
            text += chr(byte)
        else:
            text += f"\\x{byte:02x}"
    return f'"{text}"'


def yes_no(truth):
    return "yes" if truth else "no"


def fields(**pairs):
    return " ".join(f"{name}={value}" for name, value in pairs.items())


def flags(number, names):
    words = [hex(number)]
    for bit in range(number.bit_length()):
        if number >> bit & 1:
            words.append(names[bit] if bit < len(names) else f"bit{bit}")
    return " ".join(words)


def signed(number, bits):
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def u32(number):
    return number & 0xFFFFFFFF


def dev(number):
    """A dev_t of the kernel."""
    return f"{number >> 20}:{number & 0xFFFFF}"


# --- tasks ----------------------------------------------------------------------------------------


def comm(task):
    return quoted(task.comm.string_())


def state(task):
    return task_state_to_char(task)[0]


def named(task, **more):
    return fields(pid=task.pid.value_(), tgid=task.tgid.value_(), comm=comm(task), state=state(task), **more)


# --- the kernel -----------------------------------------------------------------------------------


def timekeeper(prog):
    try:
        return prog["tk_core"].timekeeper
    except LookupError:
        # Newer kernels.
        return prog["timekeeper_data"][0].timekeeper


def now_ns(prog):
    """ktime_get_ns() of the last tick; a dump has no other clock."""
    base = timekeeper(prog).tkr_mono
    return base.base.value_() + (base.xtime_nsec.value_() >> base.shift.value_())


def ticks_per_second(prog):
    keeper = timekeeper(prog)
    return round(1e9 / (keeper.xtime_interval.value_() >> keeper.tkr_mono.shift.value_()))


def age(now, start):
    if not start:
        return unknown("not-recorded")
    return max(0, now - start)


def symbol(prog, address):
    """The name of the function that begins there, or None."""
    try:
        found = prog.symbol(address)
    except LookupError:
        return None
    return found.name if found.address == address else None


PERCPU_COUNT_BIAS = 1 << 63


def percpu_ref_count(prog, ref):
    """Without the reference of whoever made it, as long as that one has not been given back."""
    raw = ref.percpu_count_ptr.value_()
    data = ref.data
    count = data.count.counter.value_() & U64
    if raw & 1 and count < PERCPU_COUNT_BIAS:
        # Atomic; 2: killed.
        return count - (0 if raw & 2 else 1)
    counters = Object(prog, "unsigned long *", raw & ~3)
    total = sum(per_cpu_ptr(counters, cpu)[0].value_() for cpu in for_each_possible_cpu(prog))
    return signed(count - PERCPU_COUNT_BIAS + total, 64) - (0 if raw & 2 else 1)


def member(obj, *names):
    """The first of these members that this kernel's structure has."""
    for name in names:
        try:
            return obj.member_(name)
        except LookupError:
            pass
    return None
