"""The records that a finding rests on, taken out of the text in which the lists name them (spec 6)."""

import re

_RECORD = re.compile(r"(?:[^;\\]|\\.)+")


def records_of(evidence: str | None) -> list[str]:
    """The records in the order in which they are listed; an id may hold what separates them, escaped by a backslash."""
    if evidence and "\\" not in evidence:
        return [record for record in evidence.split(";") if record]
    return [re.sub(r"\\(.)", r"\1", record) for record in _RECORD.findall(evidence or "")]
