"""What a search compares: the words of children's names and the plain form of report numbers, made once a night."""

from cmfc.feeds.catalog import feeds

NUMBERS = {"le_reports": ("report_number", "ncic_number"), "ncmec_reports": ("ncmec_case_number", "le_report_number")}
"""The official numbers of a report."""
_BETWEEN = " -/.,#_:()"
"""What people put between the parts of a number."""
APART, WITHIN = "-;,", "'’‘ʼ`´"
"""What stands between the words of a name, and what people write, or leave out, within a word."""
_NAMES = "strip_accents(lower(concat_ws(' ', first_name, middle_name, last_name, aliases)))"
_QUOTED = WITHIN.replace("'", "''")
CHILD_NAMES = (
    f"SELECT child_id, concat(' ', translate(translate({_NAMES}, '{APART}', '   '), '{_QUOTED}', ''),"
    f" ' ', translate({_NAMES}, '{APART}{_QUOTED}', '{' ' * len(APART + WITHIN)}')) AS words FROM children"
)
"""SQL: by child the words of its names, a blank before each; O'Neil as oneil, o and neil."""


def report_numbers() -> str:
    """SQL: feed, report_id (its record), child_id and plain number of each report, a row per number it has."""
    return " UNION ALL ".join(
        f"SELECT '{feed}' AS feed, record_id AS report_id, child_id,"
        f" translate(lower({column}), '{_BETWEEN}', '') AS number FROM {feed} WHERE {column} IS NOT NULL"
        for feed, official in NUMBERS.items()
        for column in (feeds()[feed].key, *official)
    )


def plain_number(term: str) -> str:
    """What was typed as numbers are compared."""
    return term.lower().translate(dict.fromkeys(map(ord, _BETWEEN)))


def named(term: str) -> tuple[str, list[str]]:
    """SQL on the column `words` of CHILD_NAMES, and its values; none where a word is too short to tell anybody."""
    words = term.translate(str.maketrans(APART, " " * len(APART), WITHIN)).split()
    if any(len(word) < 2 for word in words):
        return "", []
    return " AND ".join("contains(words, concat(' ', strip_accents(lower(?))))" for _ in words), words
