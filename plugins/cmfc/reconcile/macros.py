"""The few words that the SQL steps use beyond standard SQL, in DuckDB's dialect; spark_words.py gives Spark's."""

from cmfc.feeds.codes import codes
from cmfc.timing.zones import load_zone

FOREVER = 253402300799
SEPARATOR = "chr(31)"
"""Between the records that something rests on, until they are written: ids may hold a semicolon."""
VERDICT = """CASE
    WHEN done_earliest IS NOT NULL THEN CASE
        WHEN done_latest <= deadline_earliest THEN 'met'
        WHEN done_earliest > deadline_latest THEN 'late'
        ELSE 'undetermined' END
    WHEN end_kind = 'over' AND ended_latest <= deadline_earliest THEN 'ended_first'
    WHEN end_kind = 'unsure' AND ended_earliest > deadline_latest THEN 'missing'
    WHEN as_of > deadline_latest THEN CASE WHEN end_kind = 'unsure' THEN 'undetermined' ELSE 'missing' END
    WHEN as_of <= deadline_earliest THEN 'pending'
    ELSE 'undetermined' END"""
"""Spec 2.1: elapsed time against a limit, or a day of business; `end_kind`: steps/125_owed_duties.sql. No guess."""


PLACEHOLDERS = ("whom", "rule", "began", "ended", "away", "over", "due", "due_in", "done", "detail")
"""What a sentence may ask for; tables/findings.sql gives them to `render_why` in this order."""


def _render_why() -> str:
    """SQL that fills a sentence in; one that asks for a fact that is not there gives way to the title."""
    body = "why"
    for name in PLACEHOLDERS[:-1]:
        body = f"filled({body}, '{name}', {name}_text)"
    return f"said_whole(replace({body}, '{{detail}}', coalesce(detail_text, '')), title || '.')"


def _listed(*members: str) -> str:
    return "(" + ", ".join(f"'{member}'" for member in members) + ")"


CODE_WORDS = {
    # What the codes of the records mean (feeds/codes.yml; spec 1, 2.2). Matching and the audit extract use them too.
    "is_missing_kind(kind)": f"kind IN {_listed(*codes().missing_kinds)}",
    "is_missing_setting(setting)": f"setting IN {_listed(*codes().missing_settings)}",
    "is_known_setting(setting)": f"setting IN {_listed(*codes().known_settings)}",
    "is_ordinary_setting(setting)": f"setting NOT IN {_listed(*codes().missing_settings, *codes().known_settings)}",
    "is_found_outcome(outcome)": f"coalesce(outcome IN {_listed(*codes().found_outcomes)}, FALSE)",
    "is_out_of_care(outcome)": f"coalesce(outcome IN {_listed(*codes().left_care_outcomes)}, FALSE)",
    "is_error(end_reason, ended)": "coalesce(end_reason = 'error' AND ended IS NOT NULL, FALSE)",
    # The cut at as_of: what had not begun by then had not happened (spec 2.1).
    "has_happened(earliest, as_of)": "earliest <= as_of",
    "if_happened(earliest, as_of)": "CASE WHEN earliest <= as_of THEN earliest END",
}
WORDS = {
    "hours(number)": "(number * 3600)",
    "days(number)": "(number * 86400)",
    "hours_of(seconds)": "round(CAST(seconds AS DOUBLE) / 3600, 4)",
    # What the last run said of what it knew (tables/known.sql): it was an episode then, and none that had gone.
    "was_episode(state)": "state IN ('open', 'closed', 'unproven')",
    # How far a report may lie from the episode it is for (spec 4.2): its missing-since from the begin,
    # before the begin, after the end.
    "begin_limit()": "(48 * 3600)",
    "before_begin_limit()": "(24 * 3600)",
    "after_end_limit()": "(30 * 86400)",
    "begin_distance(began_earliest, began_latest, since_earliest, since_latest)": (
        "CASE WHEN since_earliest IS NOT NULL"
        " THEN greatest(0, began_earliest - since_latest, since_earliest - began_latest) END"
    ),
    "forever()": str(FOREVER),
    "whole_days(seconds)": "CAST(floor(seconds / 86400.0) AS BIGINT)",
    # In no order and with doubles, which cost much here: every output goes through sorted_evidence or sentence_of.
    "joined(item)": f"string_agg(item, {SEPARATOR})",
    "listed(item, separator, first, second)": "string_agg(item, separator ORDER BY first, second)",
    "each_of(items)": f"unnest(string_split(items, {SEPARATOR}))",
    "with_evidence(a, b)": f"concat_ws({SEPARATOR}, a, b)",
    "items_of(items)": f"list_sort(list_distinct(string_split(items, {SEPARATOR})))",
    "escaped(item)": "replace(replace(item, chr(92), chr(92) || chr(92)), ';', chr(92) || ';')",
    "sorted_evidence(items)": "array_to_string([escaped(item) FOR item IN items_of(items)], ';')",
    "sentence_of(items)": "array_to_string(items_of(items), ', ')",
    # What a record is called, with its feed and as the row that names an episode (validation/identity.py).
    "begins_with(item, start)": "starts_with(item, start)",
    "record_name(feed, id)": "CASE WHEN begins_with(id, feed || '#') THEN id ELSE feed || ':' || id END",
    "row_name(kind, id)": "CASE WHEN begins_with(id, kind || 's#') THEN id ELSE kind || ':' || id END",
    "plain_name(name)": "nullif(lower(trim(name)), '')",
    # What a report says of a child, and what is on file of the one whose id it carries: all given, and all another's.
    "is_contradicted(born, first, last, born_on_file, first_on_file, last_on_file)": (
        "coalesce(born <> born_on_file AND plain_name(first) <> plain_name(first_on_file)"
        " AND plain_name(last) <> plain_name(last_on_file), FALSE)"
    ),
    "digest20(item)": "substr(sha256(item), 1, 20)",
    "completed_years(born, on_day)": (
        "CAST(extract(year FROM DATE '1970-01-01' + CAST(on_day AS INTEGER)) - extract(year FROM born)"
        " - CASE WHEN extract(month FROM DATE '1970-01-01' + CAST(on_day AS INTEGER)) * 100"
        " + extract(day FROM DATE '1970-01-01' + CAST(on_day AS INTEGER))"
        " < extract(month FROM born) * 100 + extract(day FROM born) THEN 1 ELSE 0 END AS BIGINT)"
    ),
    "is_leap_born(born)": "extract(month FROM born) = 2 AND extract(day FROM born) = 29",
    "days_since_1970(day)": "date_diff('day', DATE '1970-01-01', day)",
    "birthday(born, years)": (
        "days_since_1970(make_date(extract(year FROM born) + years,"
        " CASE WHEN is_leap_born(born) THEN 3 ELSE extract(month FROM born) END,"
        " CASE WHEN is_leap_born(born) THEN 1 ELSE extract(day FROM born) END))"
    ),
    # Each argument once: nested, a sentence named twice would be copied hundreds of times by the planner.
    "filled(sentence, placeholder, fact)": "replace(sentence, '{' || placeholder || '}', coalesce(fact, chr(30)))",
    "said_whole(sentence, otherwise)": "CASE WHEN contains(sentence, chr(30)) THEN otherwise ELSE sentence END",
    f"render_why(title, why, {', '.join(name + '_text' for name in PLACEHOLDERS)})": _render_why(),
    "render_next(next, whom_text)": "replace(next, '{whom}', coalesce(whom_text, ''))",
    # For people: times of the agency's clock, durations as they say them (spec 5, Sentences).
    # `first`, `last`: seconds of the local clock (`local_seconds`), which are dear and named here many times.
    "local_text(local, form)": "strftime(make_timestamp(CAST(local AS BIGINT) * 1000000), form)",
    "clock_text(local)": "local_text(local, '%-d %b %Y %H:%M')",
    "day_text(local)": "local_text(local, '%-d %b %Y')",
    "time_text(length, first, last)": (
        "CASE WHEN length < 60 THEN clock_text(first)"
        " WHEN floor(first / 86400.0) = floor(last / 86400.0) THEN day_text(first)"
        " ELSE 'between ' || day_text(first) || ' and ' || day_text(last) END"
    ),
    "on_text(moment)": "replace('on ' || moment, 'on between', 'between')",
    "whole(number)": "CAST(CAST(floor(number) AS BIGINT) AS VARCHAR)",
    "counted(number, one)": "whole(number) || ' ' || one || CASE WHEN floor(number) = 1 THEN '' ELSE 's' END",
    "and_more(number, text)": "CASE WHEN floor(number) = 0 THEN '' ELSE ' ' || text END",
    "duration_text(seconds)": (
        "CASE WHEN seconds < 60 THEN 'less than a minute'"
        " WHEN seconds < 3600 THEN whole(seconds / 60) || ' min'"
        " WHEN seconds < 172800 THEN whole(seconds / 3600) || ' h'"
        " || and_more(seconds % 3600 / 60, whole(seconds % 3600 / 60) || ' min')"
        " WHEN seconds < 5184000 THEN counted(seconds / 86400, 'day')"
        " || and_more(seconds % 86400 / 3600, whole(seconds % 86400 / 3600) || ' h')"
        " WHEN seconds < 31556952 THEN counted(seconds / 2629746, 'month')"
        " ELSE counted(seconds / 31556952, 'year')"
        " || and_more(seconds % 31556952 / 2629746, counted(seconds % 31556952 / 2629746, 'month')) END"
    ),
    "span_text(least, shortest, longest)": (
        "CASE WHEN shortest = longest THEN shortest WHEN least < 60 THEN 'up to ' || longest"
        " ELSE 'between ' || shortest || ' and ' || longest END"
    ),
    "verdict(deadline_earliest, deadline_latest, done_earliest, done_latest, end_kind, ended_earliest, ended_latest,"
    " as_of)": VERDICT,
    # Of a rule's basis, strongest first (spec 5).
    "strength_of(basis, is_verified)": (
        "CASE WHEN basis = 'law' AND is_verified THEN 0 WHEN basis = 'law' THEN 1"
        " WHEN basis = 'policy' THEN 2 ELSE 3 END"
    ),
    "is_within_a_day(earliest, latest, on_day)": (
        "coalesce(local_day(latest + 86400) >= on_day AND local_day(earliest - 86400) <= on_day, FALSE)"
    ),
}


def zone_words(zone: str) -> dict[str, str]:
    """The words that need the agency's zone (timing/zones.py).

    `local_seconds(moment)`: seconds of the local clock since 1970-01-01 00:00; `local_day(moment)`: its days.
    """
    return {
        "local_seconds(moment)": f"moment + {load_zone(zone).offset_sql('moment')}",
        "local_day(moment)": "CAST(floor(local_seconds(moment) / 86400.0) AS BIGINT)",
    }
