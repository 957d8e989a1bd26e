"""The review page in a real browser, inside a real Airflow that ran the nights (api-server, scheduler, dag-processor).

SHOTS, a folder, keeps screenshots of what was seen: `SHOTS=docs/images pytest tests/e2e/test_review.py`.
"""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cmfc_demo.local_airflow import LocalAirflow
from cmfc_demo.run import run_dag, write_agency
from cmfc_demo.synthetic.agency import CONNECTION
from tests.support.nightly_alone import PATIENCE, nightly_alone
from tests.support.office import ask_a_person

pytestmark = pytest.mark.long

CHROMIUM = shutil.which("chromium")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
BASE = "/cmfc/demo/"
TYPED = "Zebulonia-Quillfeather"
SERIOUS = ("serious", "critical")


@pytest.fixture
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE * 1000)
        yield browser
        browser.close()


def open_page(chromium: Any, **more: Any) -> Any:
    context = chromium.new_context(**more)
    context.set_default_timeout(PATIENCE * 1000)
    return context.new_page()


def sign_in(chromium: Any, service: LocalAirflow, user: str, **more: Any) -> Any:
    page = open_page(chromium, viewport={"width": 1280, "height": 900}, accept_downloads=True, **more)
    page.goto(f"{service.url}/auth/login")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", service.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/auth/login" not in url)
    return page


def keep(page: Any, name: str, height: int = 900) -> None:
    if folder := os.environ.get("SHOTS"):
        part = {"x": 0, "y": 0, "width": 1280, "height": height}
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, clip=part)


def without_barriers(page: Any) -> None:
    """No serious finding of axe-core on the page."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run()")["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations if v["impact"] in SERIOUS] == []


def fits(page: Any) -> None:
    """At 400 % zoom of a 1280 px window the page does not scroll sideways."""
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})


def by_keyboard(page: Any) -> None:
    """The first key leads past the navigation; j goes to the first case, x selects it."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash == '#main'")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator(".line.here input[name=chosen]:checked").count() == 1


def printed(page: Any) -> None:
    """On paper stand the finding and the picture, without forms and navigation."""
    page.emulate_media(media="print")
    assert (
        page.get_by_role("heading", name="Timeline", exact=True).first.is_visible()
        and page.locator("main svg").first.is_visible()
    )
    assert not any(one.is_visible() for one in page.locator("header nav, form.act, button").all())
    keep(page, "review-print")
    page.emulate_media(media="screen")


def work(root: Path, chromium: Any, children: int) -> None:
    agency = root / "agencies"
    write_agency(agency, "2026-09-30", children=children)
    ask_a_person(agency)
    with nightly_alone(root, agency, "2026-09-30") as service:
        assert run_dag(service, "2026-09-30")["state"] == "success"
        urgent = _most_urgent(sign_in(chromium, service, "reviewer"), service)
        waived = _first_day(chromium, service)
        _others(chromium, service)
        _next_night(service, agency)
        page = sign_in(chromium, service, "reviewer")
        page.goto(f"{service.url}{BASE}findings/{waived}")
        assert "Set aside" in page.inner_text("main") and "List of 2026-10-01" in page.inner_text("footer")
        page.goto(f"{service.url}{BASE}questions")
        assert "N-ASKED" not in page.inner_text("main")  # the answer decided it
        page.goto(f"{service.url}{BASE}child/{urgent}")
        assigned = page.locator("table.duties-table td[data-label='Worked by']").all_inner_texts()
        assert _caseworker(page) in " ".join(assigned)
        page.goto(f"{service.url}{BASE}noted")
        assert urgent in page.inner_text("main") and "not in the log yet" in page.inner_text("main")
    paths = [path for path in (root / "airflow").rglob("*") if path.is_file()]
    assert any(b"/search" in path.read_bytes() for path in paths)  # what was asked is logged
    assert not any(TYPED.encode() in path.read_bytes() for path in paths)  # what was typed is not
    with (root / "lists" / "demo" / "2026-10-01" / "exceptions.csv").open(encoding="utf-8") as lines:
        statuses = {row["exception_id"]: row["status"] for row in csv.DictReader(lines)}
    assert statuses[waived] == "waived"
    with (root / "lists" / "demo" / "2026-10-01" / "links.csv").open(encoding="utf-8") as lines:
        assert {row["method"] for row in csv.DictReader(lines) if row["report_id"] == "N-ASKED"} == {"decided"}


def _next_night(service: LocalAirflow, agency: Path) -> None:
    """Runs it beside the Airflow that is up, whose pages then show its list."""
    later = {
        "CMFC_CLOCK": "2026-10-02T08:30:00Z",
        "CMFC_CLOCK_FOR_ACTS": "true",
        f"CMFC_CONN_{CONNECTION.upper()}": f"sqlite:///{agency}/case_management.sqlite",
    }
    command = [
        str(Path(sys.executable).with_name("cmfc")),
        "night",
        "--agency",
        str(agency / "demo.yml"),
        "--date",
        "2026-10-01",
    ]
    subprocess.run(command, env={**os.environ, **service.more, **later}, check=True)


def _search(page: Any, service: LocalAirflow) -> None:
    """Something that is no id is typed where ids are looked for; an id is found."""
    page.goto(service.url + BASE)
    child = page.locator("table.missing tbody .id").first.inner_text()
    for text, locator in ((TYPED, page.get_by_text("Nothing fits.")),
                          (child, page.locator("main td .id").get_by_text(child, exact=True))):  # fmt: skip
        page.get_by_label("Name, any id").fill(text)
        page.get_by_role("button", name="Find").click()
        locator.wait_for()


def _caseworker(page: Any) -> str:
    return str(page.locator("dl.facts dt:text-is('Caseworker') + dd").inner_text())


def _most_urgent(page: Any, service: LocalAirflow) -> str:
    """The first child of the first screen: a click opens it, one more assigns it; sheet printed, report noted."""
    page.goto(service.url + BASE)
    page.locator("table.missing tbody a.open").first.click()
    page.wait_for_url("**/child/**")
    child = page.url.rpartition("/child/")[2]
    page.get_by_role("button", name="the caseworker").click()
    page.locator(".done").wait_for()
    assert _caseworker(page) in page.locator(".done").inner_text()
    page.get_by_role("link", name="Report sheet").click()
    page.get_by_role("heading", name="First: law enforcement").wait_for()
    without_barriers(page)
    assert page.pdf(format="Letter").count(b"/Type /Page\n") <= 2
    keep(page, "review-sheet", 1200)
    page.select_option("select[name=recipient]", "law_enforcement")
    page.fill("input[name=reported_at]", "2026-10-01T01:15")
    page.fill("input[name=number]", "26-0815")
    page.get_by_role("button", name="Note it").click()
    page.get_by_text("Noted. It changes no list").wait_for()
    return str(child)


def _first_day(chromium: Any, service: LocalAirflow) -> str:
    """A reviewer works the list; gives the finding that stays waived."""
    page = sign_in(chromium, service, "reviewer")
    page.goto(f"{service.url}/plugin/cmfc")
    inside = page.frame_locator("iframe")
    inside.get_by_role("heading", name="Missing now").wait_for()
    keep(page, "review-in-airflow")
    page.goto(service.url + BASE)
    without_barriers(page)
    fits(page)
    page.goto(f"{service.url}{BASE}list")
    without_barriers(page)
    fits(page)
    by_keyboard(page)
    page.goto(f"{service.url}{BASE}findings")
    page.evaluate("window.untouched = true")  # a page that is loaded anew would not have it
    page.select_option("select[name=code]", "NC-01")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**code=NC-01**")
    assert page.evaluate("window.untouched")
    values = page.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)]")
    assert not any("<" in value for value in values)  # no page, with its names, stays in the browser
    codes = page.locator("table.work tbody td[data-label=What] .id:first-of-type").all_inner_texts()
    assert codes and set(codes) == {"NC-01"}
    with page.expect_download() as download:
        page.click("text=CSV")
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
    assert {row["code"] for row in rows} == {"NC-01"}
    page.locator("table.work tbody a.open").first.click()
    page.wait_for_url("**/findings/**")
    waived = page.url.rpartition("/")[2]
    keep(page, "review-finding", 1500)
    printed(page)
    without_barriers(page)
    fits(page)
    for undo in (True, False):
        form = page.locator("form", has=page.locator("input[value=waive]"))
        form.locator("input[name=text]").fill("seen by a nurse")
        form.locator("input[name=until]").fill("2026-10-20")
        form.get_by_role("button", name="Set aside", exact=True).click()
        page.get_by_text("Done: set aside.").wait_for()
        if undo:
            page.get_by_role("button", name="Undo: set aside no longer").click()
            page.get_by_text("Done: set aside no longer").wait_for()
    _search(page, service)
    _answer(page, service)
    page.goto(f"{service.url}{BASE}overview")
    keep(page, "review-overview")
    without_barriers(page)
    fits(page)
    return str(waived)


def _answer(page: Any, service: LocalAirflow) -> None:
    page.goto(f"{service.url}{BASE}questions")
    without_barriers(page)
    fits(page)
    page.get_by_role("link", name="N-ASKED").click()
    page.get_by_role("heading", name="Is it the same child?").wait_for()
    assert "probability" not in page.inner_text("main")
    without_barriers(page)
    section = page.locator("section").first
    section.get_by_label("the same child").check()
    section.get_by_label("Why").fill("the caseworker knows of this report")
    section.get_by_role("button", name="Answer").click()
    page.get_by_text("Answered: same").wait_for()
    assert "probability" in page.inner_text("main")
    keep(page, "review-question")


def _others(chromium: Any, service: LocalAirflow) -> None:
    """A viewer, nobody, and a reviewer without JavaScript."""
    page = sign_in(chromium, service, "viewer")
    page.goto(service.url + BASE)
    assert "Assign" not in page.inner_text("main") and "born" not in page.inner_text("main")
    keep(page, "review-viewer")
    without_barriers(page)
    assert page.goto(f"{service.url}{BASE}questions").status == 403
    without_barriers(page)
    nobody = open_page(chromium)
    assert nobody.goto(service.url + BASE).status == 401
    signed_in = sign_in(chromium, service, "reviewer").context.storage_state()
    plain = open_page(chromium, java_script_enabled=False, storage_state=signed_in)
    plain.goto(f"{service.url}{BASE}findings?severity=critical")
    plain.locator("table.work tbody a.open").first.click()
    assert "Next:" in plain.inner_text("main")


@needs_browser
def test_a_reviewer_works_the_list_and_sees_it_the_next_night(tmp_path: Path, chromium: Any) -> None:
    work(tmp_path, chromium, 250)


@needs_browser
@pytest.mark.soak("airflow")
def test_the_same_with_five_thousand_findings(tmp_path: Path, chromium: Any) -> None:
    work(tmp_path, chromium, 6_000)
