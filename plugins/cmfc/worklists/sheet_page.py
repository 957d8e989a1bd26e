"""The report sheet as HTML, a page or a part of one, and as plain text for a terminal."""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cmfc.timing.clock import local_time
from cmfc.worklists import sheet_words as say
from cmfc.worklists.direction import without_turns
from cmfc.worklists.report_sheet import Field, Sheet
from cmfc.worklists.sheet_law import Sentence
from cmfc.worklists.wording import PRIVACY

WIDTH = 96
"""Characters of a line on a terminal."""


def sheet_style() -> str:
    """The sheet's style, for the screen and for paper."""
    return files("cmfc.worklists").joinpath("templates", "sheet.css").read_text(encoding="utf-8")


def sheet_part(sheet: Sheet, zone: str) -> Markup:
    """The sheet as a part of a page that loads its style."""
    module = _templates().get_template("sheet_body.html.j2").make_module({"local": _local(zone)})
    markup = vars(module)["sheet_body"](sheet)
    return Markup(markup.replace("\x00", ""))  # noqa: S704 - made by a template that escapes


def sheet_page(sheet: Sheet, zone: str) -> str:
    """The sheet as a page by itself, to be printed."""
    page = _templates().get_template("sheet.html.j2")
    style = Markup(sheet_style())  # noqa: S704 - a file of ours
    return page.render(sheet=sheet, style=style, privacy=PRIVACY, local=_local(zone)).replace("\x00", "")


def sheet_text(sheet: Sheet, zone: str) -> str:
    """The sheet as plain text; signs that a terminal would take for orders are left out."""
    text = "\n".join(_lines(sheet, zone))
    return "".join(sign for sign in without_turns(text) if sign == "\n" or sign.isprintable()) + "\n"


def _lines(sheet: Sheet, zone: str) -> Iterator[str]:
    yield f"{say.TITLE}: {sheet.name or 'name not on file'} ({sheet.child_id})"
    yield from _wrapped(say.CHECK.format(filled=sheet.filled))
    yield from _wrapped(sheet.missing)
    for sentence in (*sheet.warnings, PRIVACY):
        yield from _wrapped(sentence)
    if sheet.third_party:
        yield from _heading(say.THIRD_PARTY)
        yield from _sentences(sheet.third_party)
    yield from _heading(say.LE_FIRST)
    yield from _wrapped(say.LE_HOW)
    yield from _log_lines(sheet, "law_enforcement", zone)
    for part in sheet.parts:
        yield ""
        yield part.title
        yield from _fields(part.fields)
    yield from _heading(say.THEN_NCMEC)
    yield from _wrapped(f"{say.NCMEC_HOW} ({say.NCMEC_SOURCE})")
    yield from _wrapped(sheet.ncmec_hint)
    yield from _log_lines(sheet, "ncmec", zone)
    yield ""
    yield say.ANSWERS
    yield from _fields((*sheet.answers, Field("NCMEC case number, case manager")))
    for title, sentences in ((say.REFUSAL, sheet.refusal), (say.RETURNED, sheet.returned)):
        yield from _heading(title)
        yield from _sentences(sentences)


def _log_lines(sheet: Sheet, recipient: str, zone: str) -> Iterator[str]:
    for line in sheet.log_lines[recipient]:
        yield from _wrapped(f"In the log: {line}.")
    if not sheet.log_lines[recipient]:
        yield say.NOTHING_LOGGED
    for one in sheet.noted:
        if one.claim.recipient == recipient:
            number = f", number {one.claim.number}" if one.claim.number else ""
            note = f"Noted by {one.claim.by}: made {local_time(one.claim.reported_at, zone)}{number}"
            yield from _wrapped(f"{note}; {say.CLAIM_STATE[one.state]}.")


def _fields(fields: Iterable[Field]) -> Iterator[str]:
    for field in fields:
        answer = field.value or f"[ {say.ASK} ]"
        more = " ".join(part for part in (field.note, f"({field.source})" if field.source else "") if part)
        yield from _wrapped(f"{field.label}: {answer}" + (f"  {more}" if more else ""), "  ", "      ")


def _sentences(sentences: Iterable[Sentence]) -> Iterator[str]:
    for one in sentences:
        yield from _wrapped(f"{one.says} ({one.source})" if one.source else one.says, "- ", "  ")


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield title.upper()


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _local(zone: str) -> Callable[[int], str]:
    return lambda at: local_time(at, zone)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cmfc.worklists"), autoescape=True, undefined=StrictUndefined, finalize=without_turns,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["say"] = say
    return environment
