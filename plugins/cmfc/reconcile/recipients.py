"""Whom a missing child is reported to: the one list. A third recipient, such as a state's clearinghouse, is a row here.

Its log is a feed of the catalogue and one more SELECT in steps/073_report_log.sql, its duties are law (law/terms.py),
and its checks are lines of their own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipient:
    """One recipient, as the core's table `recipients` has it.

    Attributes:
        recipient: its code in every table.
        name: as sentences call it.
        feed: the log of reports to it.
        report_duty: the duty to report to it; `located_duty`, to tell it that the child was located.
        prefix: of the codes of its checks; `folder`, where they lie.
        codes: what may be said of the duty to report, worst first: of one duty only one stands at a time (spec 5).
    """

    recipient: str
    name: str
    feed: str
    report_duty: str
    located_duty: str
    prefix: str
    folder: str
    codes: tuple[str, ...]


RECIPIENTS = (
    Recipient("law_enforcement", "law enforcement", "le_reports", "report_to_le", "tell_le_located", "LE", "le",
              ("LE-01", "LE-02", "LE-03", "LE-06", "LE-08")),
    Recipient("ncmec", "NCMEC", "ncmec_reports", "report_to_ncmec", "tell_ncmec_located", "NC", "ncmec",
              ("NC-01", "NC-02", "NC-03", "NC-06", "NC-10")),
)  # fmt: skip
LOG_OF = {one.recipient: one.feed for one in RECIPIENTS}
"""By recipient the feed that is the log of reports to it."""
LOGS = tuple(LOG_OF.values())
