"""Errors a person can act on: a stable code, one sentence for an analyst, a word for an engineer, and a remedy.

What each code means and what to do about it is in errors.yml, which is read when the first error is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Entry:
    """What errors.yml says of one code.

    Attributes:
        title: what happened, in a few words.
        may_pass: whether waiting may help, so that a task is tried again.
        meaning: what the code stands for.
        remedy: what to do, step by step.
        see: the page of the documentation that says more, below docs/; may be empty.
    """

    title: str
    may_pass: bool
    meaning: str
    remedy: tuple[str, ...]
    see: str = ""


@cache
def entries() -> Mapping[str, Entry]:
    """Every error by its code, in the order of errors.yml."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # as storage/yaml_text.py, which is no room of this one's
    listed = yaml.load(files("cmfc").joinpath("errors.yml").read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return {
        code: Entry(entry["title"], entry["retry"], entry["meaning"], tuple(entry["remedy"]), entry.get("see", ""))
        for code, entry in listed.items()
    }


class CmfcError(Exception):
    """A failure with a stable code.

    `message` is for an analyst and `detail` for an engineer; neither may carry a name, a birth date, a report number
    or free text from a record (spec 6, Privacy).
    """

    exit_code = 2

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(f"{code}: {message}" + (f" [{detail}]" if detail else ""))
        self.code = code
        self.message = message
        self.detail = detail

    @property
    def entry(self) -> Entry:
        """What errors.yml says of its code."""
        return entries()[self.code]


class InputError(CmfcError):
    """The night cannot go on with this input: the last list stays (exit code 1)."""

    exit_code = 1


class UsageError(CmfcError):
    """Wrong usage or a broken installation (exit code 2)."""
