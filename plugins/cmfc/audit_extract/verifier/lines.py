"""Recomputes what follows from each line of episodes.csv: verdicts, bands, lengths, hours, places and order."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Tuple

from cmfc.audit_extract.verifier.clock import DAY, Clock, Moment, day_number
from cmfc.audit_extract.verifier.reading import Odd, Row
from cmfc.audit_extract.verifier.rules import NOTICES, REPORTS, Judged, Law, Owed, band_of, judge, later

NO_VERDICT = ("no_rule", "no_number", "no_duty")
LENGTHS = (
    (2, "000-001"), (8, "002-007"), (31, "008-030"), (91, "031-090"), (181, "091-180"), (366, "181-365"),
)  # fmt: skip
AGES = ((6, "00-05"), (13, "06-12"), (16, "13-15"), (18, "16-17"), (21, "18-20"))
FOUND = ("returned", "located", "whereabouts_established")
LEFT = ("exited_care", "aged_out", "died")


@dataclass(frozen=True)
class Setting:
    """What all lines of an agency share. `is_by_day`: times are given to the day, and only what is sure is judged."""

    law: Law
    clock: Clock
    as_of: int
    as_of_day: int
    is_by_day: bool
    logs: Dict[str, Dict[str, bool]]
    """By agency (of an agency's own extract: empty) and recipient, whether the log of reports could be used."""

    def is_checked(self, line: Row, to: str) -> bool:
        """Whether every log that a line rests on could be used."""
        column = "agencies" if "agencies" in line else "agency"
        agencies = line[column].split(";") if column in line else [""]
        if any(agency not in self.logs for agency in agencies):
            raise Odd(f"{line.place(column)}: manifest.json names no such agency")
        return all(self.logs[agency][to] for agency in agencies)


@dataclass(frozen=True)
class Wrong:
    """A value that does not follow."""

    row: Row
    column: str
    should: str

    def sentence(self) -> str:
        """Where, what it is, and what it should be."""
        return f"{self.row.place(self.column)}: '{self.row[self.column]}', not '{self.should}'"


def length_band(days: int) -> str:
    """Days in bands."""
    return next((band for limit, band in LENGTHS if days < limit), "366+")


def age_band(age: str) -> str:
    """Age in bands."""
    return "unknown" if not age else next((band for limit, band in AGES if int(age) < limit), "21+")


def wrong_lines(lines: List[Row], setting: Setting) -> List[Wrong]:
    """Every derived value of every line that does not follow from the others."""
    wrong = []
    for line in lines:
        should: Dict[str, Any] = {**_lengths(line, setting), **_ending(line), **_verdicts(line, setting)}
        wrong += [Wrong(line, column, str(value)) for column, value in should.items() if line[column] != str(value)]
    return [*wrong, *_wrong_moments(lines, setting), *_wrong_order(lines), *_wrong_sizes(lines)]


def _lengths(line: Row, setting: Setting) -> Dict[str, Any]:
    clock = setting.clock
    began, ended = clock.moment(line, "began"), clock.moment(line, "ended")
    begins = clock.day(began[0]) if began else 0
    ends = None if ended is None else max(begins, clock.day(ended[0]))
    days = max(0, (setting.as_of_day if ends is None else ends) - begins)
    band_of(line["age"], line.place("age"))
    return {
        "began_on": _date(begins), "ended_on": "" if ends is None else _date(ends), "length_days": days,
        "length_band": length_band(days), "age_band": age_band(line["age"]), "in_audit_population": _word(days >= 2),
    }  # fmt: skip


def _ending(line: Row) -> Dict[str, Any]:
    outcome = line["outcome"]
    if not line["ended_earliest"]:
        return {"ending": "open", "outcome": ""}
    return {"ending": "back" if outcome in FOUND else "left_care" if outcome in LEFT else "unsure"}


def _verdicts(line: Row, setting: Setting) -> Dict[str, Any]:
    should: Dict[str, Any] = {}
    band = band_of(line["age"], line.place("age"))
    moments: List[Moment] = []
    for to in ("le", "ncmec"):
        for name, value, judged in _reports(line, to, band, setting):
            should[name] = value
            if judged is not None and judged.information is not None:
                moments.append(judged.information)
        should.update(_notice(line, to, band, setting))
    should.update(_ncic(line, band, setting))
    learned = setting.clock.moment(line, "learned")
    if not setting.is_by_day and learned is not None:
        first = (min(m[0] for m in moments), min(m[1] for m in moments)) if moments else learned
        should.update(informed_earliest=_iso(first[0]), informed_latest=_iso(first[1]))
    return should


def _reports(line: Row, to: str, band: str, setting: Setting) -> Iterator[Tuple[str, Any, Optional[Judged]]]:
    """The columns of one recipient: verdicts, rules, hours, days, and why a verdict is undetermined."""
    law, duty, custody = setting.law, REPORTS[to], line[f"{to}_custody"]
    obligation, rule_id = law.duties.get(("federal", duty, custody, band), ("not_required", ""))
    state, state_rule = law.duties.get(("state", duty, custody, band), ("no_duty", ""))
    yield f"{to}_duty", obligation, None
    yield f"has_{to}_report", _word(bool(line[f"{to}_reported_earliest"])), None
    federal = judge(law, _owed_report(line, to, band, rule_id, setting)) if _is_owed(obligation) else None
    verdict = "not_required" if federal is None else federal.verdict if setting.is_checked(line, to) else "not_checked"
    yield from _compared(line, f"{to}_verdict", f"{to}_rule", verdict, federal, setting)
    own = judge(law, _owed_report(line, to, band, state_rule, setting)) if _is_owed(state) else None
    if own is not None:
        by_state = own.verdict if setting.is_checked(line, to) else "not_checked"
    else:
        by_state = "" if not law.has_state else "no_duty" if obligation != "not_required" else "not_required"
    yield from _compared(line, f"{to}_state_verdict", f"{to}_state_rule", by_state, own, setting)
    yield from ((name, value, None) for name, value in _measures(line, to, federal, setting).items())


def _compared(
    line: Row, column: str, rule: str, verdict: str, judged: Optional[Judged], setting: Setting
) -> Iterator[Tuple[str, Any, Optional[Judged]]]:
    """By the day, only what the days decide can be held against the line."""
    is_sure = not setting.is_by_day or verdict != "undetermined"
    yield column, verdict if is_sure else line[column], judged
    is_named = judged is None or not setting.is_by_day
    yield rule, (judged.rule if judged else "") if is_named else line[rule], None


def _is_owed(obligation: str) -> bool:
    return obligation not in ("not_required", "no_duty")


def _owed_report(line: Row, to: str, band: str, rule_id: str, setting: Setting) -> Owed:
    clock = setting.clock
    start = clock.single(line, f"{to}_custody_from")
    return Owed(
        duty=REPORTS[to], rule_id=rule_id, covered=f"{line[f'{to}_custody']}/{band}", **_stretch(line, clock),
        informed=later(clock.moment(line, "learned"), start), custody_from=start,
        accepted=clock.moment(line, "ncic_accepted"), done=clock.moment(line, f"{to}_reported"),
        sure=clock.moment(line, f"{to}_sure"), doubt=line[f"{to}_doubt"],
    )  # fmt: skip


def _stretch(line: Row, clock: Clock, end_kind: str = "") -> Dict[str, Any]:
    ending = {"back": "over", "left_care": "over"}.get(line["ending"], line["ending"])
    began = clock.moment(line, "began") or (0, 0)
    return {"began": began, "ended": clock.moment(line, "ended"), "end_kind": end_kind or ending}


def _measures(line: Row, to: str, federal: Optional[Judged], setting: Setting) -> Dict[str, Any]:
    """Hours, calendar days, the auditor's view; empty where there is no duty or no log."""
    should: Dict[str, Any] = dict.fromkeys((f"{to}_hours_min", f"{to}_hours_max", f"{to}_calendar_days"), "")
    should.update({f"{to}_audit_late": "", f"{to}_undetermined_because": "", f"{to}_state_undetermined_because": ""})
    for prefix in (to, f"{to}_state"):
        if line[f"{prefix}_verdict"] == "undetermined":
            should[f"{prefix}_undetermined_because"] = _because(line, to, prefix, setting)
    if federal is None or not setting.is_checked(line, to) or federal.clock is None:
        return should
    done = setting.clock.moment(line, f"{to}_reported")
    if done is not None and not setting.is_by_day:
        should[f"{to}_hours_min"] = _hours(done[0] - federal.clock[1])
        should[f"{to}_hours_max"] = _hours(done[1] - federal.clock[0])
    days = setting.clock.day(done[0] if done else setting.as_of) - setting.clock.day(federal.clock[0])
    return {**should, f"{to}_calendar_days": days, f"{to}_audit_late": _word(days >= 2)}


def _because(line: Row, to: str, prefix: str, setting: Setting) -> str:
    if line["informed_basis"] in ("inferred", "capped"):
        bounded = {"inferred": "information_time_not_recorded", "capped": "information_time_only_bounded"}
        return bounded[line["informed_basis"]]
    if setting.is_by_day:
        return line[f"{prefix}_undetermined_because"]
    informed, report = setting.clock.moment(line, "informed"), setting.clock.moment(line, f"{to}_reported")
    is_wide, is_report_wide = (moment is not None and moment[1] > moment[0] for moment in (informed, report))
    if is_wide:
        return "both_times_imprecise" if is_report_wide else "information_time_imprecise"
    return "report_time_imprecise" if is_report_wide else "report_or_rule_in_doubt"


def _ncic(line: Row, band: str, setting: Setting) -> Dict[str, Any]:
    """Law enforcement's own duty, from the accepted report on."""
    clock, is_entered = setting.clock, line.is_true("has_ncic_entry")
    accepted, entered = clock.moment(line, "ncic_accepted"), clock.moment(line, "ncic_entered")
    if not setting.is_checked(line, "le"):
        return {"ncic_verdict": "not_checked"}
    if entered is not None and not is_entered:
        return {"has_ncic_entry": "true"}
    if accepted is None:
        return {"ncic_verdict": "not_required", "ncic_rule": ""}
    if entered is None and is_entered:  # a number without a time: an entry at an unknown time
        entered = (accepted[0], 253402300799)
    covered = f"{line['le_custody']}/{band}"
    rules = {v.rule_id for v in setting.law.values if v.duty == "ncic_entry"}
    judged = [
        judge(setting.law, Owed("ncic_entry", rule_id, covered, accepted=accepted, done=entered, sure=entered,
                                **_stretch(line, clock)))
        for rule_id in sorted(rules)
    ]  # fmt: skip
    verdict = max((one.verdict for one in judged), default="not_required")
    if setting.is_by_day:
        return {} if verdict == "undetermined" else {"ncic_verdict": verdict}
    return {"ncic_verdict": verdict, "ncic_rule": max((one.rule for one in judged), default="")}


def _notice(line: Row, to: str, band: str, setting: Setting) -> Dict[str, Any]:
    """Whether the recipient was told that the child was located: by a state's number, else by advice."""
    verdict, rule = f"{to}_notice", f"{to}_notice_rule"
    none = {verdict: "not_required" if setting.is_checked(line, to) else "not_checked", rule: ""}
    if line["ending"] != "back" or not line[f"{to}_reported_earliest"]:
        return none
    notice, covered = setting.clock.moment(line, f"{to}_told"), f"{line[f'{to}_custody']}/{band}"
    judged = []
    for level, rule_id in setting.law.rules_of(NOTICES[to], covered):
        stretch = _stretch(line, setting.clock, "open")
        one = judge(setting.law, Owed(NOTICES[to], rule_id, covered, done=notice, sure=notice, **stretch))
        result = one.verdict if setting.is_checked(line, to) else "not_checked"
        judged.append((result in NO_VERDICT, level != "state", rule_id, result, level))
    if not judged:
        return none
    _, _, rule_id, result, _ = min(judged)
    if setting.is_by_day and result == "undetermined":
        return {}
    federal = [one[2] for one in judged if one[4] == "federal" and one[3] == "no_number"]
    is_breach = result == "missing" and line[f"{to}_duty"] != "not_required" and federal
    return {verdict: result, rule: max(federal) if is_breach else rule_id}


def _wrong_moments(lines: List[Row], setting: Setting) -> List[Wrong]:
    """Moments that end before they begin, reports without the first one, days missing that cannot be."""
    wrong = []
    for line in lines:
        for name in ("began", "ended", "learned", "informed", "le_reported", "ncmec_reported", "le_sure", "ncmec_sure"):
            moment = setting.clock.moment(line, name)
            if moment is not None and moment[1] < moment[0]:
                wrong.append(Wrong(line, f"{name}_latest", f"{line[f'{name}_earliest']} or later"))
        for to in ("le", "ncmec"):
            first, sure = setting.clock.moment(line, f"{to}_reported"), setting.clock.moment(line, f"{to}_sure")
            if sure is not None and (first is None or sure[0] < first[0] or sure[1] < first[1]):
                wrong.append(Wrong(line, f"{to}_sure_earliest", "not before the first report"))
        began, ended = setting.clock.moment(line, "began"), setting.clock.moment(line, "ended")
        until = ended[1 if setting.is_by_day else 0] if ended else setting.as_of
        most = 0 if began is None else max(0, (until - began[0]) // DAY)
        if not 0 <= line.whole("days_missing") <= most:
            wrong.append(Wrong(line, "days_missing", f"{most} or less"))
    return wrong


def _wrong_order(lines: List[Row]) -> List[Wrong]:
    """The place of each line among its child's."""
    own: Dict[str, List[Row]] = defaultdict(list)
    for line in lines:
        own[line["child"]].append(line)
    wrong = []
    for some in own.values():
        some.sort(key=lambda line: (line["began_earliest"], line["began_latest"], line["episode"]))
        places: Dict[Tuple[str, str], List[int]] = defaultdict(list)
        for place, line in enumerate(some, start=1):
            places[line["began_earliest"], line["began_latest"]].append(place)
        for moment, alike in places.items():
            these = [line for line in some if (line["began_earliest"], line["began_latest"]) == moment]
            if sorted(line.whole("nth_of_child") for line in these) != alike:
                wrong += [Wrong(line, "nth_of_child", str(place)) for line, place in zip(these, alike)]
    return wrong


def _wrong_sizes(lines: List[Row]) -> List[Wrong]:
    """County sizes: large until they hold half of the episodes, medium until four fifths."""
    counted = Counter(line["county"] for line in lines)
    sizes, before, total = {}, 0, len(lines)
    for county, number in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0] == "", pair[0].encode())):
        sizes[county] = "large" if 2 * before < total else "medium" if 5 * before < 4 * total else "small"
        before += number
    return [
        Wrong(line, "county_size", sizes[line["county"]])
        for line in lines
        if sizes[line["county"]] != line["county_size"]
    ]


def _hours(seconds: int) -> str:
    """Hours to four decimals, as they are written."""
    return f"{round(seconds / 3600.0, 4):.4f}".rstrip("0").rstrip(".")


def _date(day: int) -> str:
    from datetime import date, timedelta

    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _iso(moment: int) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _word(is_true: bool) -> str:
    return "true" if is_true else "false"


def day_of(line: Row, name: str) -> int:
    """A date of a line as days since 1970-01-01."""
    return day_number(line[name], line.place(name))
