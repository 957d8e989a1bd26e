"""What a night ended is counted from an index.

Revision: 0003. Frozen: a later change of tables.py is a later revision.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the index."""
    schema = None if op.get_bind().dialect.name == "sqlite" else "cmfc"
    op.create_index("findings_by_end", "findings", ["agency", "resolved_on"], schema=schema)
