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
        prefix: of the codes of its checks.
    """

    recipient: str
    name: str
    feed: str
    report_duty: str
    located_duty: str
    prefix: str


RECIPIENTS = (
    Recipient("law_enforcement", "law enforcement", "le_reports", "report_to_le", "tell_le_located", "LE"),
    Recipient("ncmec", "NCMEC", "ncmec_reports", "report_to_ncmec", "tell_ncmec_located", "NC"),
)
