"""Writes docs/reference/audit.md, the data dictionary of the audit extract, from columns.yml and state_columns.yml."""

from cmfc.audit_extract.extract import audit_tables, state_tables
from cmfc.publishing.schema import section

_HEAD = """# The audit extract

Generated from `plugins/cmfc/audit_extract/columns.yml` by `cmfc reference --write`; do not edit.

How it is made, checked and released: [how-to/audit-extract.md](../how-to/audit-extract.md). Types, CSV and Parquet are
those of [the outputs](outputs.md). `shareable.csv` is published as `shareable/timeliness.csv`. By the day
(`--dates-only`), every `moment_end` of episodes is the local date instead, and hours are empty.

No column is identifying and none holds an id of the agency.
"""


def reference() -> str:
    """The dictionary as Markdown."""
    return _HEAD + "".join(section(table) for table in (*audit_tables().values(), *state_tables().values()))
