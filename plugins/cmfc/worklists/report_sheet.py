"""The report sheet of one child: what to tell law enforcement, then NCMEC, in the order they ask (spec 6).

Each field is filled from the records, with the record and its time, or is an empty box to ask for. It is for the hand
of the worker and holds names; who makes one is noted in the journal (ledger/views.py) before it is shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cmfc.law.library import Law
from cmfc.publishing.manifest import NightFacts
from cmfc.reconcile.recipients import LOG_OF
from cmfc.timing.clock import local_date, local_time, parse_iso
from cmfc.worklists import sheet_words as say
from cmfc.worklists.child_records import ChildRecords, Row
from cmfc.worklists.claims import NUMBER, Standing
from cmfc.worklists.evidence import records_of
from cmfc.worklists.lines import full_name
from cmfc.worklists.sheet_law import Sentence, after_return, on_refusal, third_party
from cmfc.worklists.times import local_text
from cmfc.worklists.wording import REASON, banner

FAR = 10**12
"""Later than every instant."""


@dataclass(frozen=True)
class Field:
    """One thing that is asked. `value` empty: a box to ask for; `note`: what to know before saying it."""

    label: str
    value: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Part:
    """A heading with the fields under it, in the order in which they are asked."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Sheet:
    """One child's sheet.

    Attributes:
        filled: the time of the records, on the agency's clock with its zone.
        missing: how the records say it stands, as a sentence.
        warnings: what must be known first: a list that is out of date or incomplete.
        parts: what both recipients ask.
        answers: what law enforcement gives back, and NCMEC then asks for.
        told: per recipient, what the logs hold of this missing episode.
        ncmec_hint: who NCMEC takes a report about, where that is in question; else empty.
        third_party: set where the agency has no custody: what the worker must know; else empty.
        refusal: what may be said when law enforcement refuses or makes it wait.
        returned: whom to tell after the return.
        noted: reports that people say were made.
    """

    child_id: str
    name: str
    agency: str
    filled: str
    missing: str
    warnings: tuple[str, ...]
    parts: tuple[Part, ...]
    answers: tuple[Field, ...]
    log_lines: Mapping[str, tuple[str, ...]]
    ncmec_hint: str
    third_party: tuple[Sentence, ...]
    refusal: tuple[Sentence, ...]
    returned: tuple[Sentence, ...]
    noted: tuple[Standing, ...] = ()


def make_sheet(records: ChildRecords, facts: NightFacts, law: Law, noted: Iterable[Standing] = ()) -> Sheet:
    """The sheet of a child from a night's records."""
    filler = _Filler(records, facts)
    is_third = filler.is_third_party
    return Sheet(
        child_id=records.child_id,
        name=filler.name,
        agency=facts.agency_name,
        filled=local_time(facts.as_of, facts.zone),
        missing=filler.missing_sentence(),
        warnings=tuple(banner(facts)),
        parts=(
            Part("The child", filler.identity()),
            Part("What the child looks like", filler.looks()),
            Part("Photo", filler.photo()),
            Part("How, when and where", filler.circumstances()),
            Part("What endangers the child", filler.dangers()),
            Part("Whom to reach", filler.contacts(is_third)),
        ),
        answers=filler.answers(),
        log_lines={name: filler.log_lines(name) for name in LOG_OF},
        ncmec_hint=filler.ncmec_hint(),
        third_party=third_party() if is_third else (),
        refusal=on_refusal(law),
        returned=after_return(law),
        noted=tuple(noted),
    )


class _Filler:
    """Takes each answer out of the records."""

    def __init__(self, records: ChildRecords, facts: NightFacts) -> None:
        self.records, self.facts, self.zone = records, facts, facts.zone
        self.child, self.episode = records.child, records.open_episode
        self.description = _newest(records.rows["descriptions"])
        self.episode_id = str(self.episode["episode_id"]) if self.episode else ""

    @property
    def name(self) -> str:
        return full_name(*(self.child.get(f"{part}_name") for part in ("last", "first", "middle")))

    @property
    def custody(self) -> str:
        """On what authority, in the episode or now."""
        if self.episode:
            return str(self.episode["custody"] or "")
        now = [row for row in self.records.rows["custody"] if (row["ended_at_latest"] or FAR) > self.facts.as_of]
        return str(_last(now, "began_at").get("authority") or "")

    @property
    def is_third_party(self) -> bool:
        duties = [self.episode[name] for name in ("le_duty", "ncmec_duty")] if self.episode else []
        return "third_party" in duties or self.custody == "in_home"

    def missing_sentence(self) -> str:
        if self.episode is None:
            return say.NOT_MISSING
        since = local_text(self.episode["began_earliest"], self.episode["began_latest"], self.zone)
        return say.MISSING.format(since=since)

    def identity(self) -> tuple[Field, ...]:
        born = self.child.get("date_of_birth")
        age = f"{born}, {_age(born, local_date(self.facts.as_of, self.zone))} years old" if born else ""
        return (
            self._of("Name", self.child, "children", self.name),
            self._of("Other names", self.child, "children", str(self.child.get("aliases") or "").replace(";", "; ")),
            self._of("Date of birth, age", self.child, "children", age),
            self._of("Sex", self.child, "children", say.SEX.get(str(self.child.get("sex")), "")),
            self._of("Race", self.child, "children", self.child.get("race")),
        )

    def looks(self) -> tuple[Field, ...]:
        labels = {"height": "Height", "weight": "Weight", "hair": "Hair", "eyes": "Eyes, glasses",
                  "marks": "Scars, marks, tattoos, piercings"}  # fmt: skip
        worn = self._since_then("clothing", "Clothing when last seen, bag")
        return (*(self._described(name, label) for name, label in labels.items()), worn)

    def photo(self) -> tuple[Field, ...]:
        field = self._yes_or_no("photo_on_file", "A recent photo is on file")
        return (replace(field, note=say.PHOTO if field.value == "Yes" else say.NO_PHOTO),)

    def circumstances(self) -> tuple[Field, ...]:
        episode, at = self.episode or {}, self._moment
        evidence = self._evidence()
        return (
            self._of("Missing since", evidence, "", at(episode, "began")),
            self._of("The agency was informed", evidence, "", at(episode, "informed")),
            self._since_then("last_seen_place", "Last seen where"),
            self._since_then("last_seen_with", "Last seen with whom"),
            self._placed(),
            self._of("How, by the record", evidence, "", REASON.get(str(episode.get("reason")), "")),
            self._earlier(),
            self._described("phone", "The child's telephone, accounts"),
            Field("Where the child may go, to whom; vehicle"),
        )

    def dangers(self) -> tuple[Field, ...]:
        return (
            self._described("medications", "Medication, illness, disability"),
            self._yes_or_no("suicidal", "Risk of suicide or self-harm"),
            self._yes_or_no("pregnant", "Pregnant"),
            replace(self._yes_or_no("trafficking_risk", "Trafficking, or a risk of it"), note=say.NOT_IN_PUBLIC),
            self._yes_or_no("gang", "Gang"),
            Field("Other dangers: threats, drugs, weapons, company"),
        )

    def contacts(self, is_third: bool) -> tuple[Field, ...]:
        worker = str(self.child.get("caseworker_id") or "")
        parents = self._described("parents", "Parents or guardian: names, address, telephone")
        return (
            Field("You: name, title, telephone"),
            self._of("Agency, caseworker", self.child, "children", f"{self.facts.agency_name}, {worker}".strip(", ")),
            Field("Office and telephone of the agency", str(self.child.get("office") or ""),
                  self._source(self.child, "children") if self.child.get("office") else ""),
            replace(parents, note=say.PARENTS_NEEDED) if is_third else parents,
        )  # fmt: skip

    def answers(self) -> tuple[Field, ...]:
        """What law enforcement gave back, from the last report of this episode that it took."""
        accepted = [row for row in self._reports("le_reports") if row["outcome"] == "accepted"]
        row = _last(accepted, "reported_at")
        entered = self._moment(row, "ncic_entered_at")
        return (
            self._of("Law-enforcement agency", row, "le_reports", row.get("agency_name")),
            self._of("Case number", row, "le_reports", row.get("report_number")),
            Field("Officer, telephone"),
            self._of("NCIC number", row, "le_reports", row.get("ncic_number")),
            self._of("Entered in NCIC", row, "le_reports", entered),
        )

    def log_lines(self, recipient: str) -> tuple[str, ...]:
        """The log's rows of this episode, each a sentence."""
        feed = LOG_OF[recipient]
        lines = []
        for row in sorted(self._reports(feed), key=lambda row: int(row["reported_at_earliest"])):
            when = self._moment(row, "reported_at")
            how = (
                say.OUTCOME.get(str(row["outcome"]), "") if feed == "le_reports" else say.BY.get(str(row["source"]), "")
            )
            whom = row["agency_name"] if feed == "le_reports" else ""
            number = row[NUMBER[recipient]]
            parts = [when, str(whom or ""), how, f"number {number}" if number else "no number on record"]
            lines.append(", ".join(part for part in parts if part) + f" ({row['record']})")
        return tuple(lines)

    def ncmec_hint(self) -> str:
        if self.custody == "voluntary_extended_care":
            return say.VOLUNTARY
        if self.episode and self.episode["ncmec_duty"] == "review":
            return say.CASE_BY_CASE
        return ""

    def _reports(self, feed: str) -> list[Row]:
        if not self.episode_id:
            return []
        return [row for row in self.records.rows[feed] if self.records.episode_of.get(row["record"]) == self.episode_id]

    def _evidence(self) -> Row:
        """The record that says that the child is missing: an absence, else the placement in a missing setting."""
        began = self.episode["began_latest"] if self.episode else FAR
        rows = [row for row in self.records.rows["absences"] if row["kind"] == "missing"]
        rows += [row for row in self.records.rows["placements"] if row["setting"] in say.MISSING_SETTINGS]
        named = set(records_of(self.episode["evidence"])) if self.episode else set()
        rows = [row for row in rows if row["record"] in named and _begin(row) <= began]
        return rows[0] if rows else {}

    def _placed(self) -> Field:
        """Where the child lived before going missing."""
        until = self.episode["began_latest"] if self.episode else FAR
        homes = [row for row in self.records.rows["placements"] if row["setting"] not in say.MISSING_SETTINGS]
        row = _last([home for home in homes if home["began_at_earliest"] <= until], "began_at")
        words = [say.SETTING.get(str(row.get("setting")), str(row.get("setting") or "").replace("_", " "))]
        words += [f"provider {row['provider_id']}" if row.get("provider_id") else "", str(row.get("county") or "")]
        return self._of("Lived at; telephone there", row, "placements", ", ".join(word for word in words if word))

    def _earlier(self) -> Field:
        """Earlier runs: asked for, and no reason to wait."""
        before = [episode for episode in self.records.episodes if episode is not self.episode]
        if not before:
            return Field("Missing before")
        times = "1 time" if len(before) == 1 else f"{len(before)} times"
        last = before[0]
        since = local_text(last["began_earliest"], last["began_latest"], self.zone)
        return Field("Missing before", f"{times} on record; last from {since}", f"episode {last['episode_id']}")

    def _described(self, name: str, label: str) -> Field:
        return self._of(label, self.description, "descriptions", self.description.get(name))

    def _since_then(self, name: str, label: str) -> Field:
        """What is true of one day: what was written before the child went is of an earlier day, or of none."""
        field, written = self._described(name, label), self.description.get("updated_at_latest")
        if not field.value:
            return field
        if self.episode and written is not None and written >= self.episode["began_earliest"]:
            return field
        return Field(label, "", field.source, say.WRITTEN_BEFORE.format(value=field.value))

    def _yes_or_no(self, name: str, label: str) -> Field:
        answer = {True: "Yes", False: "No", None: ""}[self.description.get(name)]
        return self._of(label, self.description, "descriptions", answer)

    def _of(self, label: str, row: Row, feed: str, value: object) -> Field:
        text = str(value or "")
        return Field(label, text, self._source(row, feed) if text else "")

    def _source(self, row: Row, feed: str) -> str:
        """Feed, record and as of when."""
        record = str(row.get("record") or "")
        feed = feed or record.partition(":")[0].partition("#")[0]
        if feed == "descriptions" and row.get("updated_at_earliest") is not None:
            return f"{record}, written {self._moment(row, 'updated_at')}"
        pulled = self.facts.feeds[feed].pulled_at if feed in self.facts.feeds else None
        return f"{record}, read {local_time(parse_iso(pulled), self.zone)}" if pulled else record

    def _moment(self, row: Row, name: str) -> str:
        earliest = row.get(f"{name}_earliest")
        return "" if earliest is None else local_text(earliest, row[f"{name}_latest"], self.zone)


def _begin(row: Row) -> int:
    at = row.get("absent_since_earliest")
    return int(row["began_at_earliest"] if at is None else at)


def _newest(rows: Sequence[Row]) -> Row:
    """The description that was written last; of copies that differ and tell no time, the last by name."""
    return max(rows, key=lambda row: (row["updated_at_latest"] or 0, str(row["record"])), default={})


def _last(rows: Sequence[Row], moment: str) -> Row:
    begun: Callable[[Row], tuple[int, str]] = lambda row: (row[f"{moment}_earliest"] or 0, str(row["record"]))  # noqa: E731
    return max(rows, key=begun, default={})


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
