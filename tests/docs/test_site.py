"""The documentation builds without a warning, and a reader's browser asks no other host for anything."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.places import PROJECT

LOADS = {
    "script": "src",
    "link": "href",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "video": "src",
    "object": "data",
}
ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Loads(HTMLParser):
    """Collects what a page makes a browser fetch. A link in prose (`<a href>`) fetches nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        for name in (LOADS.get(tag), "srcset", "poster"):
            if name and named.get(name):
                self.addresses.append(str(named[name]))
        self.addresses += in_styles(named.get("style") or "")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            self.addresses += in_styles(data)


def in_styles(text: str) -> list[str]:
    return [a or b for a, b in re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)]


def loads(text: str) -> list[str]:
    page = Loads()
    page.feed(text)
    return page.addresses


def foreign(site: Path) -> Iterator[str]:
    for path in sorted(site.rglob("*")):
        if path.suffix in (".html", ".svg"):
            addresses = loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".css":
            addresses = in_styles(path.read_text(encoding="utf-8"))
        else:
            continue
        yield from (f"{path.name}: {address}" for address in addresses if ELSEWHERE.match(address))


def test_the_site_builds_and_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 30
    assert list(foreign(site)) == []


def test_no_script_of_the_theme_can_fetch_from_a_public_host(site: Path) -> None:
    scripts = [*site.rglob("*.js"), *site.rglob("*.map")]
    assert len(scripts) > 1
    delivery = re.compile(r"unpkg\.com|jsdelivr|cdnjs|googleapis|gstatic")
    called = re.compile(r"(?:fetch|import|importScripts|open)\(\s*[\"'`]https?://")
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert not called.search(text) and not delivery.search(text), script.name


def test_the_site_names_no_repository_to_ask(site: Path) -> None:
    """Of a site that does, the theme asks the host how many stars the repository has."""
    assert "repo_url" not in (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in site.rglob("*.html"):
        assert 'data-md-component="source"' not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "count"),
    [
        ('<script src="https://elsewhere.org/a.js"></script>', 1),
        ('<link rel="stylesheet" href="//elsewhere.org/a.css">', 1),
        ("<style>@import 'https://elsewhere.org/a.css'; b { background: url(http://elsewhere.org/b) }</style>", 2),
        ('<img src="images/a.svg"><a href="https://elsewhere.org">read</a>', 0),
    ],
)
def test_the_scan_sees_what_a_page_loads(page: str, count: int) -> None:
    assert sum(bool(ELSEWHERE.match(address)) for address in loads(page)) == count


def test_every_page_of_the_folder_is_in_the_navigation_and_no_page_speaks_of_what_is_gone() -> None:
    listed = set(re.findall(r"[\w/-]+\.md", (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")))
    pages = {str(path.relative_to(PROJECT / "docs")) for path in (PROJECT / "docs").rglob("*.md")}
    assert listed == pages
    for page in [*(PROJECT / "docs").rglob("*.md"), PROJECT / "README.md"]:
        text = page.read_text(encoding="utf-8")
        assert "runbook" not in text and "intake/" not in text and "the door" not in text, page.name


def test_links_in_the_readme_lead_somewhere() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert ELSEWHERE.match(link) or (PROJECT / link).exists(), link
