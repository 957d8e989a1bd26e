"""What a night is read from and what it makes, for Airflow's assets and for OpenLineage where it is installed.

An asset's extra and a dataset's name are read by everybody who may look at Airflow: counts, dates, and names of tables
and files, hidden where they may hold a person's (privacy/redact.py).
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from cmfc.ingest.sources import SqlSource
from cmfc.pipeline.figures import Figures
from cmfc.pipeline.run import Run

if TYPE_CHECKING:
    from sqlalchemy import URL


def lists_of(agency: str) -> Asset:
    """The asset that a published night updates: the agency's lists, a partition for each business date.

    Its address names no folder. Of two assets of one name and other addresses Airflow puts one out of use and fails the
    tasks that have it, so a night would end because the lists were moved.
    """
    return Asset(name=f"cmfc_lists__{agency}", uri=f"cmfc://{agency}/lists", group="cmfc")


def tell_published(context: Any, run: Run, figures: Figures, is_current: bool) -> None:
    """Say of the asset which night came, whether it stands, and in what numbers, and name the folder; no child."""
    event = context["outlet_events"][lists_of(run.mapping.agency)]
    assert run.business_date is not None
    event.extra = {
        "agency": run.mapping.agency, "business_date": run.business_date, "is_current": is_current,
        "missing_now": figures.missing_now, "overdue_now": figures.overdue_now, "findings": figures.findings,
        "set_aside": figures.set_aside,
    }  # fmt: skip
    event.add_partitions(run.business_date)
    context["task"].outlets.extend(_datasets([("file", str(run.out.parent.absolute()))]))


def tell_source(context: Any, run: Run, feed: str, connect: Any) -> None:
    """Name what a feed is read from as the task's inlets."""
    context["task"].inlets.extend(_datasets(sources_of(run, feed, connect)))


def _datasets(names: Iterable[tuple[str, str]]) -> list[Any]:
    """Namespaces and names as OpenLineage's datasets; none where it is not installed, and nothing is looked up then."""
    try:
        dataset = import_module("openlineage.client.event_v2").Dataset
    except ImportError:
        return []
    return [dataset(namespace, name) for namespace, name in names]


def sources_of(run: Run, feed: str, connect: Any) -> Iterator[tuple[str, str]]:
    """Namespace and name of each table or file that a feed is read from, as OpenLineage names datasets."""
    from cmfc.privacy.redact import show_columns

    mapped = run.mapping.feeds.get(feed)
    if mapped is None:
        return
    if not isinstance(mapped.source, SqlSource):
        yield "file", f"{run.mapping.agency}/{_masked(mapped.source.path.name, run.folder)}"
        return
    namespace, database = _place_of(connect(mapped.source.connection), mapped.source.connection)
    for parts in _tables_in(mapped.source.query):
        yield namespace, ".".join((*database, *show_columns(parts, run.folder)))


def _masked(name: str, folder: Path) -> str:
    """A file's name; the stem is hidden as a column's would be, the ending stays."""
    from cmfc.privacy.redact import show_columns

    stem, dot, ending = name.partition(".")
    return f"{show_columns([stem], folder)[0]}{dot}{ending}"


def _place_of(url: "URL | str", connection: str) -> tuple[str, tuple[str, ...]]:
    """Where a database is, without account and password; a file is named by its connection."""
    from sqlalchemy import make_url

    address = make_url(url)
    kind = {"postgresql": "postgres"}.get(address.get_backend_name(), address.get_backend_name())
    if not address.host:
        return f"{kind}://{connection}", ()
    port = f":{address.port}" if address.port else ""
    return f"{kind}://{address.host}{port}", (address.database,) if address.database else ()


def _tables_in(query: str) -> list[tuple[str, ...]]:
    """The tables of a query with their schema, each once, in the order of their names; none where it cannot be read."""
    import sqlglot
    from sqlglot import expressions

    try:
        tree = sqlglot.parse_one(query)
    except sqlglot.errors.SqlglotError:
        return []
    own = {part.alias_or_name for part in tree.find_all(expressions.CTE)}
    tables = {
        tuple(part for part in (table.catalog, table.db, table.name) if part)
        for table in tree.find_all(expressions.Table)
        if table.name and not (table.name in own and not table.db)
    }
    return sorted(tables)
