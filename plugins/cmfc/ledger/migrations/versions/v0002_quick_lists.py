"""A list of many findings is answered from an index alone.

Revision: 0002. Frozen: a later change of tables.py is a later revision.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

LISTED = (
    "agency", "is_live", "severity_rank", "clock_start_earliest", "exception_id", "code", "queue", "status", "is_open",
    "office", "county", "assignee", "acknowledged_by", "waived_until", "first_seen", "deadline_earliest", "child_id",
    "severity",
)  # fmt: skip


def upgrade() -> None:
    """Indexes. PostgreSQL bounds what an index may hold, and reads the table itself quickly."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    schema = None if is_sqlite else "cmfc"
    op.create_index("findings_by_episode", "findings", ["agency", "episode_id"], schema=schema)
    if is_sqlite:
        op.create_index("findings_listed", "findings", list(LISTED))
