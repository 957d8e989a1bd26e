"""One small change that can be made to one file."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, order=True)
class Site:
    """A mutant that has not been made yet.

    Attributes:
        path: of the file, from the root of the tree.
        start: first byte that is replaced.
        end: the byte behind the last one that is replaced.
        new: what stands there instead.
        kind: the kind of change, in words.
        is_sql: whether SQL is changed, in a file of its own or in a string of Python.
    """

    path: str
    start: int
    end: int
    new: str
    kind: str
    is_sql: bool

    def apply(self, source: bytes) -> bytes:
        """The file's bytes with the change made."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def line(self, source: bytes) -> int:
        """The line of the change, from 1."""
        return source.count(b"\n", 0, self.start) + 1

    def identity(self, source: bytes) -> str:
        """A name that changes when the file does, for going on where a run stopped."""
        text = f"{self.path}|{self.start}|{self.end}|{self.new}|{sha256(source).hexdigest()}"
        return sha256(text.encode()).hexdigest()[:16]

    def describe(self, source: bytes) -> str:
        """The changed line before and after, on one line each."""
        mutant = self.apply(source)
        first = source.rfind(b"\n", 0, self.start) + 1
        old_end = source.find(b"\n", self.end)
        new_end = mutant.find(b"\n", self.start + len(self.new.encode()))
        old = source[first : old_end if old_end >= 0 else None].decode()
        new = mutant[first : new_end if new_end >= 0 else None].decode()
        return f"- {' '.join(old.split())}\n+ {' '.join(new.split())}"
