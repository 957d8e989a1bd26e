"""Takes the addresses of other hosts out of the theme's scripts: a reader's browser asks nobody else for anything.

The theme would fetch Mermaid, and a polyfill for browsers of before 2020, from a public host; nothing here needs them.
"""

from pathlib import Path
from typing import Any

ELSEWHERE = "https://unpkg.com/"


def on_post_build(config: Any, **_: Any) -> None:
    """Called by MkDocs once the site is written."""
    for part in Path(config["site_dir"]).rglob("*.map"):
        part.unlink()  # the scripts before they were made small, for who works on the theme
    for script in Path(config["site_dir"]).rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        if ELSEWHERE in text:
            script.write_text(text.replace(ELSEWHERE, "./not-fetched/"), encoding="utf-8")
