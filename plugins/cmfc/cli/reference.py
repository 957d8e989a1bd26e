"""`cmfc reference`: every page of docs/reference that is written from the program, and the suites' skeletons."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


def pages() -> Mapping[str, str]:
    """The text of each generated page by its file's name."""
    from cmfc.audit_extract.reference import reference as audit
    from cmfc.cli.reference_pages import checks_page, errors_page, settings_page
    from cmfc.feeds.reference import dictionary
    from cmfc.law.reference import reference as law
    from cmfc.publishing.schema import reference as outputs

    return {
        "records.md": dictionary(),
        "outputs.md": outputs(),
        "checks.md": checks_page(),
        "law.md": law(),
        "audit.md": audit(),
        "errors.md": errors_page(),
        "settings.md": settings_page(),
    }


def reference(
    write: Annotated[bool, typer.Option("--write", help="Write them; without it, say which are out of date.")] = False,
) -> None:
    """Write the reference pages and the suites' skeletons anew (for who works on cmfc)."""
    from cmfc.validation.suites import write_suites

    for name, text in pages().items():
        page = FOLDER / name
        is_current = page.exists() and page.read_text(encoding="utf-8") == text
        if write:
            page.write_text(text, encoding="utf-8")
        print(f"{name}: {'up to date' if is_current else 'written' if write else 'out of date'}")
    if write:
        write_suites()
