"""The ledger's tables. Every row belongs to an agency; `seq` is the number of the journal entry that brought it.

One counter orders everything that was ever written for an agency, so "as it was known" is a comparison of `seq`.
Times are epoch seconds UTC, nights and days are ISO dates. `from_seq` and `to_seq` bound when a row was on record.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA = "cmfc"
"""The schema on PostgreSQL; SQLite has none, so the engine translates it away (store.py)."""

metadata = MetaData(schema=SCHEMA)
_HASH, _COMMIT = 64, 48


def _table(name: str, key: tuple[str, ...], *columns: Column[object] | Index | ForeignKeyConstraint) -> Table:
    for column in columns:
        if isinstance(column, Column) and column.name in key:
            column.primary_key, column.nullable = True, False
    return Table(name, metadata, Column("agency", String(64), primary_key=True), *columns)


def _needed(name: str, kind: type | String | Text) -> Column[object]:
    return Column(name, kind, nullable=False)


def _bigint(name: str, nullable: bool = True) -> Column[object]:
    return Column(name, BigInteger, nullable=nullable, autoincrement=False)


def _of_entry() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["agency", "seq"], [f"{SCHEMA}.journal.agency", f"{SCHEMA}.journal.seq"],
                                deferrable=True, initially="DEFERRED")  # fmt: skip


journal = _table(
    "journal", ("seq",), _bigint("seq"), _bigint("at", False), _needed("kind", String(32)), _needed("body", Text),
    _needed("previous", String(_HASH)), _needed("hash", String(_HASH)),
)  # fmt: skip

runs = _table(
    "runs", ("seq",), _bigint("seq"), _needed("run_id", String(20)), _needed("business_date", Date),
    _needed("attempt", Integer), _bigint("as_of", False), _bigint("recorded_at", False), _needed("is_late", Boolean),
    _bigint("base_seq"), _needed("inputs_digest", String(_HASH)), _needed("code_version", Text),
    _needed("code_commit", String(_COMMIT)), _needed("engine", Text), _needed("expectations_digest", String(_HASH)),
    _needed("law_digest", String(_HASH)), Column("model_digest", String(_HASH)),
    _needed("mapping", Text), _needed("standing_digest", String(_HASH)), _needed("known_sha256", String(_HASH)),
    _needed("links_sha256", String(_HASH)), _needed("counts", Text), _of_entry(),
    Index("runs_by_night", "agency", "business_date", "seq"), Index("runs_by_id", "agency", "run_id", unique=True),
)  # fmt: skip

snapshots = _table(
    "snapshots", ("seq", "feed"), _bigint("seq"), Column("feed", String(32)), _needed("status", String(8)),
    _needed("sha256", String(_HASH)), _needed("pulled", Text), _needed("accounting", Text), _bigint("previous_rows"),
    _of_entry(),
)  # fmt: skip

episodes = _table(
    "episodes", ("episode_id", "from_seq"), Column("episode_id", Text), _bigint("from_seq"), _bigint("to_seq"),
    _needed("child_id", Text), _needed("state", String(16)), _bigint("began_earliest"), _bigint("began_latest"),
    _bigint("ended_earliest"), _bigint("ended_latest"), _needed("evidence", Text),
    Index("episodes_by_child", "agency", "child_id"), Index("episodes_current", "agency", "to_seq"),
)  # fmt: skip

links = _table(
    "links", ("feed", "report_id", "from_seq"), Column("feed", String(32)), Column("report_id", Text),
    _bigint("from_seq"), _bigint("to_seq"), Column("child_id", Text), Column("episode_id", String(20)),
    _needed("method", String(16)), Column("score", Float), Index("links_current", "agency", "to_seq"),
)  # fmt: skip

lineage = _table(
    "lineage", ("seq", "episode_id", "change", "other_id"), _bigint("seq"), Column("episode_id", String(20)),
    Column("change", String(16)), Column("other_id", Text), _of_entry(),
)  # fmt: skip

findings = _table(
    "findings", ("exception_id",), Column("exception_id", String(20)), _needed("code", String(8)),
    _needed("subject_id", Text), _needed("rule_id", Text), _needed("recipient", String(32)), Column("child_id", Text),
    Column("episode_id", String(20)), _needed("severity", String(8)), _needed("severity_rank", Integer),
    _needed("queue", String(16)), _needed("is_open", Boolean), Column("county", Text), Column("office", Text),
    Column("caseworker_id", Text), _bigint("clock_start_earliest"), _bigint("deadline_earliest"),
    _needed("facts_digest", String(20)), _needed("row_digest", String(20)), _needed("status", String(16)),
    _needed("is_live", Boolean), _needed("first_seen", Date), Column("resolved_on", Date), Column("resolved_by", Text),
    Column("acknowledged_by", Text), Column("assignee", Text), Column("waived_until", Date),
    Column("waiver_facts", String(20)), _needed("revision", Integer),
    Index("findings_to_work", "agency", "is_live", "severity_rank", "clock_start_earliest", "exception_id"),
    Index("findings_by_office", "agency", "office", "is_live"), Index("findings_by_child", "agency", "child_id"),
    Index("findings_by_assignee", "agency", "assignee"), Index("findings_by_subject", "agency", "subject_id"),
    Index("findings_by_episode", "agency", "episode_id"),
    Index("findings_listed", "agency", "is_live", "severity_rank", "clock_start_earliest", "exception_id", "code",
          "queue", "status", "is_open", "office", "county", "assignee", "acknowledged_by", "waived_until", "first_seen",
          "deadline_earliest", "child_id", "severity").ddl_if("sqlite"),
    Index("findings_by_status", "agency", "status"), Index("findings_by_end", "agency", "resolved_on"),
    Index("findings_waived", "agency", "waived_until"),
)  # fmt: skip

duty_changes = _table(
    "duty_changes", ("exception_id",), Column("exception_id", String(20)), _needed("change", String(8)),
)  # fmt: skip
"""What the last night on time changed, by duty (spec 5): the delta's `duty_change`, replaced by every such night."""

finding_events = _table(
    "finding_events", ("seq", "ordinal"), _bigint("seq"), Column("ordinal", Integer, autoincrement=False),
    _needed("exception_id", String(20)), _needed("kind", String(16)), Column("night", Date), _bigint("at", False),
    _needed("actor", Text), _needed("detail", Text), _of_entry(),
    Index("events_of_finding", "agency", "exception_id", "seq"),
)  # fmt: skip

assignments = _table(
    "assignments", ("exception_id", "from_seq"), Column("exception_id", String(20)), _bigint("from_seq"),
    _bigint("to_seq"), _needed("assignee", Text), _needed("actor", Text),
    Index("assignments_in_force", "agency", "to_seq"),
)  # fmt: skip

waivers = _table(
    "waivers", ("exception_id", "from_seq"), Column("exception_id", String(20)), _bigint("from_seq"), _bigint("to_seq"),
    _needed("until", Date), _needed("facts_digest", String(20)), _needed("note_id", String(32)),
    _needed("actor", Text), Column("ended_why", String(16)), Index("waivers_in_force", "agency", "to_seq"),
)  # fmt: skip

notes = _table(
    "notes", ("note_id",), Column("note_id", String(32)), _bigint("seq", False), Column("exception_id", String(20)),
    _needed("salt", String(32)), _needed("text", Text), Index("notes_of_finding", "agency", "exception_id"),
)  # fmt: skip
"""What people typed; it may be erased (retention). The journal holds only a hash salted by the random `salt`, which is
erased with it.

Without an `exception_id` it is the reason of an answer about a match (link_decisions) or of a list that was taken back
(current_lists.py), or a claim's report number."""

releases = _table(
    "releases", ("seq",), _bigint("seq"), _needed("kind", String(16)), _needed("subject", Text),
    _needed("sha256", String(_HASH)), _needed("released_by", Text),
    _needed("decision", String(16)), _needed("reason", String(32)), _bigint("at", False), _of_entry(),
    Index("releases_of", "agency", "kind", "subject"),
)  # fmt: skip

link_decisions = _table(
    "link_decisions", ("seq",), _bigint("seq"), _needed("feed", String(32)), _needed("report_id", Text),
    _needed("child_id", Text), _needed("revision", Integer), _needed("answer", String(16)),
    _needed("decided_by", Text), _bigint("decided_at", False), _needed("note_id", String(32)),
    _needed("report_print", String(_HASH)), _needed("child_print", String(_HASH)), _of_entry(),
    Index("decisions_of_pair", "agency", "feed", "report_id", "child_id", "revision", unique=True),
)  # fmt: skip
"""Answers of people about a report and a child (ledger/match_answers.py)."""

claims = _table(
    "claims", ("seq",), _bigint("seq"), _bigint("claim", False), _needed("change", String(16)),
    _needed("child_id", Text), _needed("episode_id", String(20)), _needed("recipient", String(32)),
    _bigint("reported_at", False), _needed("actor", Text), _bigint("at", False), Column("note_id", String(32)),
    _of_entry(), Index("claims_by_child", "agency", "child_id"), Index("claims_by_claim", "agency", "claim"),
)  # fmt: skip
"""Reports that people say were made (ledger/claims.py): `change` noted, or withdrawn by a later row of the claim."""

outbox = _table(
    "outbox", ("key",), Column("key", String(128)), _needed("kind", String(16)), _needed("body", Text),
    _needed("state", String(8)), _bigint("queued_at", False), _bigint("claimed_at"), _bigint("sent_at"),
    _needed("tries", Integer), _bigint("due_at"),
)  # fmt: skip

saved_views = _table(
    "saved_views", ("view_id",), Column("view_id", String(32)), _needed("person", Text), _needed("name", Text),
    _needed("query", Text), Index("views_of_person", "agency", "person"),
)  # fmt: skip
"""What a person asked a list to show, under a name of theirs: filters alone, never what was searched for.

The journal knows a view by its random id alone; what was typed goes with the row."""

row_digests = _table(
    "row_digests", ("relation", "key", "seq"), Column("relation", String(16)), Column("key", Text), _bigint("seq"),
    _needed("digest", String(_HASH)), _of_entry(), Index("row_digests_of_entry", "agency", "seq"),
)  # fmt: skip
"""What a row was after an entry: `digest` over all its columns, empty where the entry erased it (row_digests.py)."""

APPEND_ONLY = ("journal", "finding_events", "lineage", "releases", "link_decisions", "claims", "row_digests")
"""No row of these is ever changed or deleted: refused by trigger, and on PostgreSQL by the grants of the role."""
