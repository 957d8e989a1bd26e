"""Disagreements between oracle and core that are on record: each waits for a decision, then its line goes.

Nothing else may differ. Every line quotes what the oracle follows.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """Lines of `compare.differences` that match `pattern`.

    Args:
        pattern: what the line says.
        says: the sentence that the oracle follows.
        covers_child: all that follows from it for the child is covered too.
    """

    pattern: re.Pattern[str]
    says: str
    covers_child: bool = False


def _known(pattern: str, says: str, covers_child: bool = False) -> Known:
    return Known(re.compile(pattern), says, covers_child)


KNOWN = (
    _known(
        r"finding (RC-0[4567]|RC-16|ID-05)\|.*\.(episode_id|is_open|queue): ",
        "A row of an episode has that episode: 'history if the finding's episode closed more than 90 days before "
        "as_of'; 'open = the episode is open' (5, readings). The core leaves row and pair findings without one.",
    ),
    _known(r"finding RC-1[57]\|.*\.is_open: oracle False", "'open = the episode is open' (5); these have none."),
    _known(
        r"finding ID-05\|.*only the core", "'ignoring … surrounding spaces; an empty field disagrees with nothing'."
    ),
    _known(r"finding ID-04\|.*only the core", "'Reports surely before history_begins_on … never a finding of ID-…'."),
    _known(r"finding (LE-08|NC-10)\|.*only the oracle", "'review … raise CV-01 instead of LE/NC-01…03' only (2.3)."),
    _known(r"finding RC-06\|.*only the oracle", "RC-06 says '(subject: absence)', not 'evidence absence' (5)."),
    _known(r"finding RC-11\|.*only the oracle", "'strictly inside' is against [begin.earliest, end.latest] (2.2.4)."),
    _known(r"finding RC-12\|.*only the core", "'18th birthday after began, before the end or as_of': not at it (5)."),
    _known(r"finding RT-04\|.*only the core", "A custody row whose begin has not happened is not there yet (2.1)."),
    _known(
        r"links of episodes that begin together: ",
        "'the next episode that begins' (4.2 rule 3): of two that begin together the first in stitching order.",
        covers_child=True,
    ),
)


def unknown(said: list[str]) -> list[str]:
    """What differs beyond the record."""
    if any(known.covers_child and known.pattern.match(line) for known in KNOWN for line in said):
        return []
    return [line for line in said if not any(known.pattern.match(line) for known in KNOWN)]
