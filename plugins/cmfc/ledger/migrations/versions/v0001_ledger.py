"""The ledger's first tables, and what keeps its memory from being changed.

Revision: 0001. Frozen: a later change of tables.py is a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = ("journal", "finding_events", "lineage", "releases", "link_decisions")
WRITTEN = ("runs", "snapshots", "episodes", "links", "findings", "assignments", "waivers", "notes", "outbox")
SCHEMA = "cmfc"
WRITER = "cmfc_writer"


def upgrade() -> None:
    """Tables, indexes, triggers and grants."""
    if op.get_bind().dialect.name == "sqlite":
        _tables(None)
        _refuse_on_sqlite()
    else:
        _tables(SCHEMA)
        _refuse_on_postgresql()


def _refuse_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{what.lower()} BEFORE {what} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )


def _refuse_on_postgresql() -> None:
    op.execute(
        f"CREATE FUNCTION {SCHEMA}.refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {SCHEMA}.{table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse()"
        )
    op.execute(
        f"DO $$ BEGIN CREATE ROLE {WRITER} NOLOGIN;"
        " EXCEPTION WHEN duplicate_object OR insufficient_privilege OR unique_violation THEN NULL; END $$"
    )
    kept, written = (", ".join(f"{SCHEMA}.{name}" for name in names) for names in (APPEND_ONLY, WRITTEN))
    op.execute(
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{WRITER}') THEN"
        f" GRANT USAGE ON SCHEMA {SCHEMA} TO {WRITER};"
        f" GRANT SELECT ON {SCHEMA}.cmfc_version TO {WRITER};"
        f" GRANT SELECT, INSERT ON {kept} TO {WRITER};"
        f" GRANT SELECT, INSERT, UPDATE, DELETE ON {written} TO {WRITER};"
        " END IF; END $$"
    )


def _of_entry(schema: str | None) -> sa.ForeignKeyConstraint:
    journal = f"{schema}.journal" if schema else "journal"
    return sa.ForeignKeyConstraint(["agency", "seq"], [f"{journal}.agency", f"{journal}.seq"])


def _tables(schema: str | None) -> None:
    op.create_table(
        "assignments",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("exception_id", sa.String(length=20), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "exception_id", "from_seq"),
        schema=schema,
    )
    op.create_index("assignments_in_force", "assignments", ["agency", "to_seq"], unique=False, schema=schema)
    op.create_table(
        "episodes",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("episode_id", sa.String(length=20), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("child_id", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("began_earliest", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("began_latest", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ended_earliest", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ended_latest", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "episode_id", "from_seq"),
        schema=schema,
    )
    op.create_index("episodes_believed", "episodes", ["agency", "to_seq"], unique=False, schema=schema)
    op.create_index("episodes_by_child", "episodes", ["agency", "child_id"], unique=False, schema=schema)
    op.create_table(
        "findings",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("exception_id", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.String(length=32), nullable=False),
        sa.Column("child_id", sa.Text(), nullable=True),
        sa.Column("episode_id", sa.String(length=20), nullable=True),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("severity_rank", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("county", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("caseworker_id", sa.Text(), nullable=True),
        sa.Column("clock_start_earliest", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("deadline_earliest", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("facts_digest", sa.String(length=20), nullable=False),
        sa.Column("row_digest", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("first_seen", sa.Date(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("waived_until", sa.Date(), nullable=True),
        sa.Column("waiver_facts", sa.String(length=20), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "exception_id"),
        schema=schema,
    )
    op.create_index("findings_by_assignee", "findings", ["agency", "assignee"], unique=False, schema=schema)
    op.create_index("findings_by_child", "findings", ["agency", "child_id"], unique=False, schema=schema)
    op.create_index("findings_by_office", "findings", ["agency", "office", "is_live"], unique=False, schema=schema)
    op.create_index("findings_by_status", "findings", ["agency", "status"], unique=False, schema=schema)
    op.create_index("findings_by_subject", "findings", ["agency", "subject_id"], unique=False, schema=schema)
    op.create_index(
        "findings_to_work",
        "findings",
        ["agency", "is_live", "severity_rank", "clock_start_earliest", "exception_id"],
        unique=False,
        schema=schema,
    )
    op.create_index("findings_waived", "findings", ["agency", "waived_until"], unique=False, schema=schema)
    op.create_table(
        "journal",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("agency", "seq"),
        schema=schema,
    )
    op.create_table(
        "links",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("child_id", sa.Text(), nullable=True),
        sa.Column("episode_id", sa.String(length=20), nullable=True),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("agency", "feed", "report_id", "from_seq"),
        schema=schema,
    )
    op.create_index("links_believed", "links", ["agency", "to_seq"], unique=False, schema=schema)
    op.create_table(
        "notes",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("note_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("exception_id", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "note_id"),
        schema=schema,
    )
    op.create_index("notes_of_finding", "notes", ["agency", "exception_id"], unique=False, schema=schema)
    op.create_table(
        "outbox",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("sent_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("agency", "key"),
        schema=schema,
    )
    op.create_table(
        "waivers",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("exception_id", sa.String(length=20), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("facts_digest", sa.String(length=20), nullable=False),
        sa.Column("note_id", sa.String(length=32), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("ended_why", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("agency", "exception_id", "from_seq"),
        schema=schema,
    )
    op.create_index("waivers_in_force", "waivers", ["agency", "to_seq"], unique=False, schema=schema)
    op.create_table(
        "finding_events",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("exception_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("night", sa.Date(), nullable=True),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        _of_entry(schema),
        sa.PrimaryKeyConstraint("agency", "seq", "ordinal"),
        schema=schema,
    )
    op.create_index(
        "events_of_finding", "finding_events", ["agency", "exception_id", "seq"], unique=False, schema=schema
    )
    op.create_table(
        "lineage",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("episode_id", sa.String(length=20), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        _of_entry(schema),
        sa.PrimaryKeyConstraint("agency", "seq", "episode_id", "change", "other_id"),
        schema=schema,
    )
    op.create_table(
        "releases",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        _of_entry(schema),
        sa.PrimaryKeyConstraint("agency", "seq"),
        schema=schema,
    )
    op.create_table(
        "link_decisions",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note_id", sa.String(length=32), nullable=False),
        sa.Column("report_print", sa.String(length=64), nullable=False),
        sa.Column("child_print", sa.String(length=64), nullable=False),
        _of_entry(schema),
        sa.PrimaryKeyConstraint("agency", "seq"),
        schema=schema,
    )
    op.create_index(
        "decisions_of_pair",
        "link_decisions",
        ["agency", "feed", "report_id", "child_id", "revision"],
        unique=True,
        schema=schema,
    )
    op.create_index("releases_of", "releases", ["agency", "kind", "subject"], unique=False, schema=schema)
    op.create_table(
        "runs",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(length=20), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("base_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("inputs_digest", sa.String(length=64), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("expectations_digest", sa.String(length=64), nullable=False),
        sa.Column("law_digest", sa.String(length=64), nullable=False),
        sa.Column("model_digest", sa.String(length=64), nullable=True),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("standing_digest", sa.String(length=64), nullable=False),
        sa.Column("known_sha256", sa.String(length=64), nullable=False),
        sa.Column("links_sha256", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        _of_entry(schema),
        sa.PrimaryKeyConstraint("agency", "seq"),
        schema=schema,
    )
    op.create_index("runs_by_id", "runs", ["agency", "run_id"], unique=True, schema=schema)
    op.create_index("runs_by_night", "runs", ["agency", "business_date", "seq"], unique=False, schema=schema)
    op.create_table(
        "snapshots",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pulled", sa.Text(), nullable=False),
        sa.Column("accounting", sa.Text(), nullable=False),
        sa.Column("previous_rows", sa.BigInteger(), autoincrement=False, nullable=True),
        _of_entry(schema),
        sa.PrimaryKeyConstraint("agency", "seq", "feed"),
        schema=schema,
    )
