"""Every page of the review, on a desktop and on a phone, light and dark, and what is printed: `make screenshots`.

The nights are those of the tests (tests/support/desk.py); they are made once below `.local/screenshots` and used again.
"""

import argparse
import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from tests.support.desk import BASE, Desk, desk_app, make_desk, opened

ROOT = Path(__file__).resolve().parents[1] / ".local" / "screenshots"
SIZES = {"desktop": (1440, 900), "phone": (400, 800)}
SCHEMES = ("light", "dark")
DOCS = {
    "review-missing": ("missing", "desktop", "light", 900), "review-cases": ("cases", "desktop", "light", 900),
    "review-child": ("child-missing", "desktop", "light", 1500),
    "review-finding": ("finding", "desktop", "light", 1500),
    "review-question": ("question", "desktop", "light", 900), "review-weeks": ("weeks", "desktop", "dark", 1100),
    "review-phone": ("missing-due", "phone", "dark", 1700), "review-print": ("child-missing", "paper", "light", 1200),
    "review-sheet": ("sheet", "paper", "light", 1200),
}  # fmt: skip
"""The pictures of docs/how-to/review.md: page, size, scheme, and how much of its height."""

PRINTED = ("missing", "cases", "child-missing", "sheet")


def paths_of(desk: Desk) -> dict[str, str]:
    """The pages by the name of their picture."""
    parts = desk.parts
    question = desk.rows("SELECT feed, report_id FROM matches WHERE method = 'candidate' ORDER BY ALL")[0]
    quality = desk.findings(code="DQ-01")[0].exception_id
    return {
        "missing": "/", "missing-due": "/?only=due", "cases": "/list",
        "cases-filtered": "/list?queue=all&code=NC-01&code=LE-01",
        "over": "/list?queue=all&changed=over&changed=worse", "child-missing": f"/child/{parts['second']}",
        "child-back": f"/child/{parts['back']}", "child-vanished": f"/child/{parts['gone']}",
        "findings": "/findings",
        "finding": f"/findings/{parts['waived']}", "finding-of-a-row": f"/findings/{quality}",
        "questions": "/questions",
        "question": f"/questions/{question['feed']}/{question['report_id']}", "changes": "/changes",
        "night": "/weeks/2026-10-01/missing", "weeks": "/weeks",
        "sheet": f"/child/{parts['second']}/sheet",
        "noted": "/noted", "sources": "/sources",
        "source": "/sources/absences", "overview": "/overview", "help": "/help", "sorry": "/findings/none",
    }  # fmt: skip


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The application on a port of this machine; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def take(desk: Desk, folder: Path, only: str) -> None:
    """Takes the pictures into the folder."""
    from playwright.sync_api import sync_playwright

    with served(desk_app()) as url, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme,
                    extra_http_headers={"x-person": "rita"}, bypass_csp=True,
                )  # fmt: skip
                page = context.new_page()
                for name, path in paths_of(desk).items():
                    if only in name:
                        page.goto(f"{url}{BASE}{path}")
                        page.add_style_tag(
                            content=".bar { position: static !important }"
                        )  # a picture has one place for it
                        page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=True)
                        if (size, scheme) == ("desktop", "light") and name in (
                            "missing",
                            "cases",
                            "child-missing",
                            "sheet",
                        ):
                            page.pdf(path=folder / f"{name}.pdf", format="Letter")
                context.close()
        browser.close()


def take_for_docs(desk: Desk, folder: Path) -> None:
    """Takes the pictures of the documentation, as much of each page as they show."""
    from playwright.sync_api import sync_playwright

    paths = paths_of(desk)
    with served(desk_app()) as url, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for picture, (name, size, scheme, height) in DOCS.items():
            width = SIZES["phone" if size == "phone" else "desktop"][0] - (240 if size != "phone" else 0)
            page = browser.new_page(
                viewport={"width": width, "height": min(height, 900)}, color_scheme=scheme,
                extra_http_headers={"x-person": "rita"}, bypass_csp=True,
            )  # fmt: skip
            page.goto(f"{url}{BASE}{paths[name]}")
            page.emulate_media(media="print" if size == "paper" else "screen", color_scheme=scheme)
            page.add_style_tag(content=".bar { position: static !important }")
            part = {"x": 0, "y": 0, "width": width, "height": height}
            page.screenshot(path=folder / f"{picture}.png", full_page=True, clip=part)
            page.close()
        browser.close()


def main() -> int:
    """Makes the nights where they are not there, and takes every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    parser.add_argument("--docs", action="store_true", help="those of the documentation alone, into docs/images")
    options = parser.parse_args()
    root, parts = ROOT / "nights", ROOT / "parts.json"
    if not parts.exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        parts.write_text(json.dumps(make_desk(root)), encoding="utf-8")
    with opened(root, json.loads(parts.read_text(encoding="utf-8"))) as desk:
        if options.docs:
            take_for_docs(desk, ROOT.parents[1] / "docs" / "images")
            return 0
        take(desk, ROOT, options.only)
    print(f"{len(list(ROOT.glob('*.png')))} pictures in {ROOT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
