# SPDX-License-Identifier: GPL-2.0
# What could not be read: it is left out, and told in the files, on stderr and by the script's status.
import itertools
import sys

from drgn import FaultError, ObjectAbsentError

# A dump may be without some pages. In a running kernel what is freed meanwhile leads anywhere.
READ_ERRORS = (FaultError, ObjectAbsentError, LookupError, ValueError)
# More elements than any list of a kernel has: one that is changed while it is walked may never end.
MOST_ELEMENTS = 1 << 22


class Gaps:
    """By what is lacking, as "requests": how many could not be read, and why not the first of them."""

    def __init__(self):
        self.found = {}

    def note(self, what, error):
        number, first = self.found.get(what, (0, error))
        self.found[what] = (number + 1, first)

    def attempt(self, what, function, *arguments, otherwise=None):
        """What the function returns, or something else if it meets what cannot be read."""
        try:
            return function(*arguments)
        except READ_ERRORS as error:
            self.note(what, error)
            return otherwise

    def attempt_each(self, what, function, elements, *arguments):
        """What the function returns of each, without those that cannot be read."""
        found = (self.attempt(what, function, element, *arguments) for element in self.each(what, elements))
        return [result for result in found if result is not None]

    def each(self, what, elements):
        """As many elements of a list or table as can be reached."""
        try:
            yield from itertools.islice(elements, MOST_ELEMENTS)
        except READ_ERRORS as error:
            self.note(what, error)

    def count(self, what):
        return self.found[what][0] if what in self.found else 0

    def has(self, *what):
        return any(name in self.found for name in what)

    def report(self):
        for what, (number, first) in self.found.items():
            text = str(first).splitlines()
            print(f"nbddiag.py: {what}: {number} could not be read, the first because of {type(first).__name__}: "
                  f"{text[0] if text else '-'}", file=sys.stderr)
