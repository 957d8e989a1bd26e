"""The words of notifications to staff, by kind: counts, days, codes and a link, never a child or another person."""

import html
from collections.abc import Mapping
from typing import Any

from cmfc.errors import entries
from cmfc.findings.lifecycle import DUTY_CHANGES

KINDS = ("night", "late", "watch", "tamper", "failed", "current")


def render(kind: str, body: Mapping[str, Any], link: str) -> tuple[str, str]:
    """Subject and HTML body of a message; `link` leads to the agency's page."""
    at = html.escape(link, quote=True)
    tail = f"<p><a href='{at}'>{at}</a></p>" if link else ""
    words = {"late": _late, "watch": _watch, "tamper": _tamper, "failed": _failed, "current": _current}
    subject, text = words.get(kind, _night)(body)
    return subject, text + tail


def _late(body: Mapping[str, Any]) -> tuple[str, str]:
    night, by = (html.escape(str(body[name])) for name in ("business_date", "by"))
    return f"The list of {night} is late", f"<p>By {by} it had not come.</p>"


def _watch(body: Mapping[str, Any]) -> tuple[str, str]:
    due, fresh, night = int(body["due"]), int(body["fresh"]), html.escape(str(body["business_date"]))
    return (
        f"{due} reports fall due soon, {fresh} children newly missing",
        f"<p>Reports due within 12 hours: {due}. Absences opened since the list of {night}: {fresh}.</p>",
    )


def _tamper(body: Mapping[str, Any]) -> tuple[str, str]:
    agency, where = (html.escape(str(body[name])) for name in ("agency", "where"))
    return (
        f"{agency}: the journal was changed (CMFC-J08)",
        f"<p>The journal of {agency} or rows that it vouches for were changed {where}.</p>{_remedy('CMFC-J08')}",
    )


def _failed(body: Mapping[str, Any]) -> tuple[str, str]:
    """Agency, night, code, sentence, remedy, which list stands and how old it is, and where the run is."""
    text = {name: html.escape(str(value)) for name, value in body.items()}
    run = html.escape(str(body["run"]), quote=True)
    return (
        f"{body['agency']}: {body['what']} of {body['business_date']} failed ({body['code']})",
        f"<p>{text['agency']}, night of {text['business_date']}: {text['code']}, {text['sentence']}</p>"
        f"{_remedy(str(body['code']))}<p>{text['standing']}</p>"
        f"<p>The run in Airflow: <a href='{run}'>{run}</a></p>",
    )


def _current(body: Mapping[str, Any]) -> tuple[str, str]:
    agency, stands = html.escape(str(body["agency"])), html.escape(str(body["stands"]))
    dates = ", ".join(html.escape(str(night)) for night in body["taken_back"])
    if not dates:
        return (
            f"{body['agency']}: the list of {body['stands']} stands",
            f"<p>{agency}: no list is taken back any more.</p>",
        )
    return (
        f"{body['agency']}: the list of {', '.join(body['taken_back'])} was taken back",
        f"<p>{agency}: somebody took the list of {dates} back; do not work from it. The list of {stands} stands, and it"
        f" is out of date. <code>cmfc current</code> says who did so and why.</p>",
    )


def _remedy(code: str) -> str:
    entry = entries().get(code)
    steps = "".join(f"<li>{html.escape(step.replace('`', ''))}</li>" for step in entry.remedy) if entry else ""
    return f"<p>What to do:</p><ul>{steps}</ul>" if steps else ""


def _night(body: Mapping[str, Any]) -> tuple[str, str]:
    counts, severities = body["counts"], ", ".join(f"{name} {n}" for name, n in body["severities"].items())
    changes = ", ".join(f"{counts[name]} {name}" for name in DUTY_CHANGES)
    rows = "".join(
        f"<tr><td>{html.escape(office or '(no office)')}</td><td>{severity}</td><td>{number}</td></tr>"
        for office, severity, number in body["offices"]
    )
    not_checked = f"<p>Not checked tonight: {counts['not_checked']}.</p>" if counts["not_checked"] else ""
    same_as = html.escape(str(body.get("same_as", "")))  # what an earlier version queued has none
    same = (
        f"<p>Every source brought the very same rows as on {same_as}: ask whether they are still filled.</p>"
        if same_as else ""
    )  # fmt: skip
    fewer = ", ".join(f"{feed} {rows} (then {before})" for feed, rows, before in body.get("fewer", ()))
    less = f"<p>Less than half of the rows of the last delivery came: {fewer}. Is it whole?</p>" if fewer else ""
    table = f"<table><tr><th>office</th><th>severity</th><th>findings</th></tr>{rows}</table>"
    night = html.escape(str(body["business_date"]))
    return (
        f"The list of {night}: {severities or 'no findings'}",
        f"<p>Duties since the last night: {changes}.</p>{not_checked}{same}{less}{table}",
    )
