import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cmfc.worklists import page
from cmfc.worklists.publish import publish
from tests.support.outputs_night import child, facts, finding, write_night

CANARY = "<script>alert(1)</script>"


class Outline(HTMLParser):
    """The tags of a page with their attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def outline(folder: Path, findings: list[dict[str, Any]] | None = None, **changes: Any) -> Outline:
    publish(*write_night(folder, findings, changes.pop("children", None)), facts(**changes), folder / "out")
    parsed = Outline()
    parsed.feed((folder / "out" / "exceptions.html").read_text(encoding="utf-8"))
    return parsed


def test_the_page_has_the_structure_that_assistive_technology_needs(tmp_path: Path) -> None:
    parsed = outline(tmp_path)
    assert parsed.all("html") == [{"lang": "en"}] and len(parsed.all("h1")) == 1 and len(parsed.all("main")) == 1
    assert len(parsed.all("table")) == len(parsed.all("caption"))
    assert all(th.get("scope") in {"col", "row"} for th in parsed.all("th"))
    assert parsed.all("a")[0] == {"class": "skip", "href": "#worklist"}
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {str(a["href"])[1:] for a in parsed.all("a")} <= set(ids)


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    parsed = outline(tmp_path)
    assert {"script", "link", "img", "iframe"} & {tag for tag, _ in parsed.tags} == set()
    assert not [attrs for _, attrs in parsed.tags if any(name.startswith("on") or name == "src" for name in attrs)]
    assert "url(" not in (tmp_path / "out" / "exceptions.html").read_text(encoding="utf-8")


def test_text_of_records_is_never_markup(tmp_path: Path) -> None:
    hostile = finding("LE-01", "e1", why=CANARY, title=CANARY, county=CANARY, evidence=CANARY, next_action=CANARY,
                      citation=CANARY, caseworker_id='"><script>', reason=CANARY)  # fmt: skip
    parsed = outline(tmp_path, [hostile], children=[child("C1", 1, last_name=CANARY)], agency_name=CANARY)
    assert "script" not in {tag for tag, _ in parsed.tags} and parsed.text.count(CANARY) >= 7


def test_law_advice_and_records_are_told_apart_in_words(tmp_path: Path) -> None:
    text = " ".join(outline(tmp_path).text.split())
    assert "RT-01 Title of RT-01 Advice of this project, not law" in text
    assert "LE-01 Title of LE-01 Law" in text and "RC-02 Title of RC-02 Record" in text
    assert (
        "(us/tx/report_to_le) Rule not verified" in text and "(us/federal/report_to_le) Rule not verified" not in text
    )


def test_lines_show_name_birth_date_and_urgency_in_words(tmp_path: Path) -> None:
    text = " ".join(outline(tmp_path).text.split())
    assert "Nuñezeta, Ondineborn 2010-03-03" in text and "Under 13" in text and "Abducted" in text
    assert text.index("Nuñezeta") < text.index("O'Fallonish") < text.index("Correct the record: 2 of 2")


def test_an_incomplete_or_stale_list_says_so_first(tmp_path: Path) -> None:
    parsed = outline(tmp_path / "a", incomplete=("The NCMEC log could not be read.",), stale=True)
    assert [attrs for _, attrs in parsed.tags if attrs.get("role") == "alert"]
    assert parsed.text.index("This list is out of date") < parsed.text.index("NCMEC log") < parsed.text.index("Summary")
    assert not [a for _, a in outline(tmp_path / "b").tags if a.get("role") == "alert"]


def test_a_long_list_says_how_many_more_and_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page.write_page, "__defaults__", (3, ()))
    text = " ".join(outline(tmp_path).text.split())
    assert "1 more line is not shown here." in text and "2 more lines are not shown here." in text
    assert "exceptions.xlsx" in text and "Act now: 3 of 4" in text


def test_an_empty_queue_of_an_incomplete_night_is_not_called_clean(tmp_path: Path) -> None:
    assert "but the list is incomplete" in outline(tmp_path, [], incomplete=("Broken.",)).text


def test_text_colours_have_enough_contrast() -> None:
    style = page.PackageLoader("cmfc.worklists").get_source(page._templates(), "style.html.j2")[0]
    grounds = {"#fff": "#ffffff", "ground": "#f4f6f8", "head": "#e6ebf0"}
    colours = {"#1b2733", "#4a5a69", "#1f4e79", "#8a1c16", "#a31515", "#8a4600"}
    used = set(re.findall(r"[^-]color: (#[0-9a-f]{6})", style)) | colours
    pairs = [(colour, ground) for colour in colours for ground in grounds.values()]
    pairs += [("#66737f", "#ffffff"), ("#3f4a1e", "#ffffff"), ("#33414e", "#e6ebf0"), ("#5c4300", "#fff4cc")]
    pairs += [("#ffffff", "#1f4e79"), ("#ffffff", "#1b2f42"), ("#1b2733", "#fdeceb")]
    assert used <= {colour for colour, _ in pairs} | {"#ffffff"}
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
