"""The words of the worklists, the same in the workbook and on the page."""

from collections.abc import Mapping

from cmfc.publishing.manifest import NightFacts
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.timing.clock import iso, local_time
from cmfc.worklists.lines import Line
from cmfc.worklists.rules import rule_sentences

SEVERITY = {"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low", "info": "Info"}
QUEUE = {"act_now": "Act now", "explain": "Explain", "correct_record": "Correct the record", "history": "History"}
QUEUE_MEANS = {
    "act_now": "A child is missing, or something can still be done.",
    "explain": "Nothing can be made good any more: write down why, once.",
    "correct_record": "The records contradict each other or lack something.",
    "history": "Nothing is left to do: for the file, not for today.",
}
BASIS = {"law": "Law", "policy": "Policy, not law", "advice": "Advice of this project, not law", "record": "Record"}
RECIPIENT = {**{one.recipient: one.name[0].upper() + one.name[1:] for one in RECIPIENTS}, "": "—"}
DUTY = {
    "required": "required",
    "third_party": "required, as a third party's report",
    "review": "to be decided case by case",
    "not_required": "not required",
}
REASON = {
    "ran_away": "Ran away",
    "abducted_by_stranger": "Abducted by a stranger",
    "taken_or_kept_by_relative": "Taken or kept by a relative",
    "wandered_or_lost": "Wandered off or lost",
    "displaced_by_disaster": "Displaced by a disaster",
    "other": "Other reason",
    "unknown": "Reason unknown",
}
STATUS = {"new": "New", "reopened": "Came back", "open": "Open", "acknowledged": "Acknowledged", "waived": "Set aside",
          "resolved": "Over"}  # fmt: skip
CHANGED = {"better": "Better", "worse": "Worse", "new": "New", "over": "Over"}
"""What the last night changed for a duty (spec 5)."""
FEED = {"children": "children", "custody": "custody", "placements": "placements", "absences": "absences",
        "le_reports": "reports to law enforcement", "ncmec_reports": "reports to NCMEC", "sightings": "sightings",
        "contacts": "contacts", "returns": "returns", "descriptions": "descriptions"}  # fmt: skip
"""Every feed (feeds/catalog.yml), as people call it."""
ENDED = {
    "done": "the duty was met",
    "worse": "it became worse",
    "milder": "it became milder",
    "corrected": "the records changed",
    "left": "nothing is owed or asked for now",
}
"""What ended a finding (spec 5, Life of a finding)."""
RECORD_STATE = {
    "open": "Missing",
    "cannot_be_read": "May be missing: a record of it cannot be read",
    "vanished": "May be missing: the records of it have gone",
    "seen": "Open in the records, but seen or located since",
}
TOLD_STATE = {
    "not_owed": "No duty",
    "not_checked": "Not checked tonight",
    "refused": "Refused, or told to wait",
    "overdue": "Not told: overdue",
    "not_told": "Not told yet",
    "in_doubt": "In doubt",
    "told_late": "Told late",
    "attempted": "Tried, not accepted",
    "told": "Told",
}
NCIC_STATE = TOLD_STATE | {
    "overdue": "Not entered: overdue",
    "not_told": "Not entered",
    "told_late": "Entered late",
    "told": "Entered",
}
PRIVACY = (
    "Confidential. For the people who work this list. It names children in care: do not forward it or keep copies."
    " Nothing public may say that a child is in care."
)
STALE = "This list is out of date: there is no later one to work from. Do not read it as today's state."
READ_LATER = (
    "Judged with the records of {read_on}, which were read after the night of {night}: what was entered or corrected"
    " since then counts here as if it had been known."
)
INCOMPLETE = "Incomplete: not every input could be used tonight. What is not listed is not thereby in order."


def as_of_text(facts: NightFacts) -> str:
    """The instant of the night on the agency's clock and in UTC."""
    return f"{local_time(facts.as_of, facts.zone)} ({iso(facts.as_of)})"


def banner(facts: NightFacts) -> list[str]:
    """What must be said before anything else: stale, read later, incomplete and why; empty on a whole, current list."""
    lines = [STALE] if facts.stale else []
    lines += [READ_LATER.format(read_on=facts.read_on, night=facts.business_date)] if facts.read_on else []
    return [*lines, INCOMPLETE, *facts.incomplete] if facts.incomplete else lines


def verified_text(line: Line) -> str:
    """Whether the rules on a line were checked against their source by a person; empty without a rule."""
    if line.unverified:
        return "Not verified: " + ", ".join(line.unverified)
    return "Verified" if any(f.rule_id for f in line.findings) else ""


def rules_of(line: Line, names: Mapping[str, str]) -> list[str]:
    """Every rule of the duties on a line with its verdict, each once, by plain names."""
    return list(dict.fromkeys(rule for f in line.findings for rule in rule_sentences(f.rules, names)))
