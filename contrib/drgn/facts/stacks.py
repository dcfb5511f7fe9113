# SPDX-License-Identifier: GPL-2.0
# The functions that a task sleeps in, and their variables, as drgn unwinds its stack.
from drgn import FaultError, ObjectAbsentError, TypeKind

# THREAD_SIZE of x86-64 and arm64 without KASAN.
STACK_SIZE = 16384
# Who sleeps there sleeps for somebody else.
SLEEPERS = {"__schedule", "schedule", "io_schedule", "schedule_timeout", "io_schedule_timeout", "schedule_preempt_disabled",
            "context_switch", "wait_for_completion", "wait_for_completion_io", "wait_for_completion_state",
            "wait_for_completion_io_timeout", "wait_for_common", "__wait_for_common", "do_wait_for_common", "wait_for_common_io",
            "wait_for_completion_timeout", "io_schedule_prepare", "bit_wait_io", "bit_wait", "__wait_on_bit", "schedule_loop",
            "__schedule_loop", "__io_schedule_timeout"}


class Stack:
    def __init__(self, host, task):
        self.base = task.stack.value_()
        try:
            self.frames = list(host.prog.stack_trace(task))
        except FaultError as error:
            self.frames = []
            host.gaps.note("stacks", error)
        except (LookupError, ValueError):
            # It runs.
            self.frames = []
        except Exception as error:
            # This drgn does not know the kernel's unwind tables; it has no exception of its own for that.
            self.frames = []
            host.why_no_stacks = error

    def find(self, *names):
        """The innermost frame of one of these functions, or None."""
        for frame in self.frames:
            if function(frame) in names:
                return frame
        return None

    def is_asleep_in(self, *names):
        """Whether one of these functions itself has gone to sleep, and none that it has called."""
        for frame in self.frames:
            if function(frame) not in SLEEPERS:
                return function(frame) in names
        return False

    def variable_of(self, functions, *names):
        """The first variable of one of these names which was kept, in the frames of these functions."""
        for frame in self.frames:
            if function(frame) in functions:
                for name in names:
                    value = self.variable(frame, name)
                    if value is not None:
                        return value
        return None

    def sleeps_in(self):
        """The function that went to sleep. One that was inlined belongs to the function around it."""
        for frame in self.frames:
            if function(frame) not in SLEEPERS and not frame.is_inline:
                return function(frame)
        return None

    @staticmethod
    def variable(frame, name):
        """A pointer that is a variable or parameter there; None if the compiler has not kept it."""
        value = kept(frame, name)
        return value if value is not None and value.type_.kind in (TypeKind.POINTER, TypeKind.INT) else None

    @staticmethod
    def record(frame, name):
        """The same of a structure that lies on the stack."""
        value = kept(frame, name)
        return value if value is not None and value.type_.kind == TypeKind.STRUCT else None

    def has(self, address):
        return self.base <= address < self.base + STACK_SIZE


def kept(frame, name):
    """A variable's value, or None."""
    try:
        value = frame[name]
        return None if value.absent_ else value.read_()
    except (KeyError, ObjectAbsentError):
        # The compiler may have kept a part of it.
        return None


def function(frame):
    """Without what compilers append, as .isra.0."""
    name = frame.name
    return name.split(".")[0] if name else None
