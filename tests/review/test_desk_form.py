"""The pages as a browser shows them: without barriers, on a phone, in the dark, on paper, and by keyboard."""

import shutil
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from tests.support.desk import BASE, Desk, desk_app
from tools.screenshots import paths_of, served

PATIENCE = 60
"""Seconds until a browser that shows nothing is given up."""
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
AXE = files("axe_playwright_python").joinpath("axe.min.js")


@pytest.fixture(scope="module")
def url(desk: Desk) -> Iterator[str]:
    with served(desk_app()) as address:
        yield f"{address}{BASE}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE * 1000)
        yield browser
        browser.close()


def opened(chromium: Any, who: str = "rita", **more: Any) -> Any:
    context = chromium.new_context(extra_http_headers={"x-person": who}, **more)
    context.set_default_timeout(PATIENCE * 1000)
    return context.new_page()


def test_no_page_has_a_barrier_in_either_scheme(chromium: Any, url: str, desk: Desk) -> None:
    page = opened(chromium, viewport={"width": 1280, "height": 900})
    barriers = {}
    for name, path in paths_of(desk).items():
        page.emulate_media(color_scheme="light")
        page.goto(url + path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        light, violations = _ground(page), page.evaluate("axe.run()")["violations"]
        page.emulate_media(color_scheme="dark")  # it changes colours alone
        violations += page.evaluate("axe.run({runOnly: ['color-contrast', 'link-in-text-block']})")["violations"]
        barriers[name] = [(v["id"], v["nodes"][0]["html"][:200]) for v in violations]
        assert light > 3 * 128 > _ground(page), name
    assert {name: violations for name, violations in barriers.items() if violations} == {}


def _ground(page: Any) -> int:
    """How light the page's ground is, from 0 to 765."""
    return sum(map(int, page.evaluate("getComputedStyle(document.body).backgroundColor")[4:-1].split(",")))


def test_no_page_scrolls_sideways_at_320_pixels(chromium: Any, url: str, desk: Desk) -> None:
    page = opened(chromium, viewport={"width": 320, "height": 700})
    for name, path in paths_of(desk).items():
        page.goto(url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_a_long_name_scrolls_no_page_sideways_and_a_search_leaves_its_field(chromium: Any, url: str) -> None:
    page = opened(chromium, viewport={"width": 320, "height": 700})
    page.goto(f"{url}/list?queue=all&office={'O' * 300}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.press("/")
    page.keyboard.type("a-name-of-nobody")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What was found").wait_for()
    page.wait_for_function("document.activeElement.id !== 'find'")  # or the keys of the lists would go into it


def test_on_a_phone_every_cell_says_what_it_is(chromium: Any, url: str) -> None:
    """The heads of the columns were hidden and the cells bare (D13)."""
    page = opened(chromium, viewport={"width": 400, "height": 800})
    for path in ("/", "/findings"):
        page.goto(url + path)
        label = "(cell) => getComputedStyle(cell, '::before').content"
        cells = page.locator("table.work tbody tr").first.locator("td:not(.box)").all()
        assert len(cells) > 7 and all(len(cell.evaluate(label)) > 4 for cell in cells), path


def test_on_paper_stand_the_rows_and_no_controls(chromium: Any, url: str, desk: Desk) -> None:
    """Whoever works the list printed an empty sheet (D3)."""
    page = opened(chromium)
    page.emulate_media(media="print")
    for path, rows in (("/", "table.missing tbody tr"), ("/list", "article.case"), ("/findings", "table.work tbody tr"),
                       (f"/child/{desk.parts['second']}", "table.duties-table tbody tr")):  # fmt: skip
        page.goto(url + path)
        lines = page.locator(rows).all()
        assert len(lines) > 2 and all(line.is_visible() for line in lines), path
        assert not any(one.is_visible() for one in page.locator("header nav, .bar, .find, button, input").all()), path
        assert page.locator("h1").first.is_visible()
    assert page.locator("svg.timeline").first.is_visible()


def test_the_keys_move_open_select_and_act(chromium: Any, url: str) -> None:
    page = opened(chromium, viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/list")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    here = page.locator(".line.here")
    assert here.count() == 1 and here.evaluate("(one) => one === document.querySelector('.line')")
    page.keyboard.press("x")
    assert here.locator("input[name=chosen]").first.is_checked()
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.name") == "kind"
    name = here.locator("a.open").inner_text()
    page.locator("h1").click()
    page.keyboard.press("o")
    page.get_by_role("heading", level=1, name=name).wait_for()
    page.keyboard.press("?")
    page.get_by_role("heading", level=1, name="Help").wait_for()


def test_select_all_and_the_bar_stay_in_sight(chromium: Any, url: str) -> None:
    page = opened(chromium, viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/list")
    for top in (0, 600, 1_500):
        page.evaluate(f"scrollTo(0, {top})")
        box = page.locator("#bar").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 901
    page.locator("#all").check()
    boxes = page.locator("#work input[name=chosen]")
    assert boxes.count() > 25 and page.locator("#work input[name=chosen]:checked").count() == boxes.count()
    assert "findings selected" in page.locator("#count").inner_text()


def test_enter_in_a_field_of_the_bar_does_nothing(chromium: Any, url: str, desk: Desk) -> None:
    """It acknowledged (D4)."""
    page = opened(chromium, viewport={"width": 1280, "height": 900})
    page.goto(f"{url}/list?queue=all&code=LE-01")
    before = [one.revision for one in desk.findings(code="LE-01")]
    page.locator("#work input[name=chosen]").first.check()
    page.get_by_label("Reason or comment").fill("kim")
    page.keyboard.press("Enter")
    page.locator("#problem-kind").wait_for()
    assert [one.revision for one in desk.findings(code="LE-01")] == before
    assert page.get_by_label("Reason or comment").input_value() == "kim"
    assert page.url.endswith("/list?queue=all&code=LE-01")


def test_the_most_urgent_child_is_one_click_away_and_assigned_in_one_more(chromium: Any, url: str, desk: Desk) -> None:
    page = opened(chromium, viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page.goto(f"{url}/")
    page.locator("table.missing a.open").first.click()
    child = page.url.rpartition("/")[2]
    (worker,) = {one.caseworker_id for one in desk.findings(child_id=child)}
    page.get_by_role("button", name=f"{worker}, the caseworker").click()
    assert "assigned to " in page.inner_text(".done")
    assert {one.assignee for one in desk.findings(child_id=child)} == {worker}
    page.get_by_role("button", name="Undo").first.click()
    assert {one.assignee for one in desk.findings(child_id=child)} != {worker}


def test_every_page_can_be_opened_outside_a_frame_by_its_address(chromium: Any, url: str, desk: Desk) -> None:
    page = opened(chromium)
    for path in ("/", "/list?queue=all&code=NC-01", f"/child/{desk.parts['second']}", "/changes"):
        page.goto(url + path)
        own = page.locator("a.own")
        address = own.get_attribute("href")
        assert own.get_attribute("target") == "_blank"
        title = page.title()
        page.goto(url.removesuffix(BASE) + address)
        assert page.title() == title
