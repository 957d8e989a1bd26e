"""What a search compares: the words of children's names and the plain form of report numbers, made once a night."""

from cmfc.feeds.catalog import feeds

NUMBERS = {"le_reports": ("report_number", "ncic_number"), "ncmec_reports": ("ncmec_case_number", "le_report_number")}
"""The official numbers of a report."""
_BETWEEN = " -/.,#_:()"
"""What people put between the parts of a number."""
APART, WITHIN = "-;,", "'’‘ʼ`´"
"""What stands between the words of a name, and what people write, or leave out, within a word."""
_QUOTED = WITHIN.replace("'", "''")
_LETTERS = ("øłđðıħ", "olddih")
"""Letters that are no accented ones, and what people type for them."""
_PAIRS = (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th"))
_UNSEEN = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Signs that show nothing; they stand in names that were copied."""
_UNSPACED = "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
"""Scripts in which a whole name is written as one word, the family name first."""


def _plain(sql: str) -> str:
    """SQL: a text as names are compared, without accents, in small letters of a keyboard."""
    plain = f"translate(strip_accents(lower({sql})), '{_LETTERS[0]}{_UNSEEN}', '{_LETTERS[1]}')"
    for letter, typed in _PAIRS:
        plain = f"replace({plain}, '{letter}', '{typed}')"
    return plain


def child_names(table: str = "children", names: str = "first_name, middle_name, last_name, aliases") -> str:
    """SQL: by child the words of its names, a blank before each; O'Neil as oneil, o and neil."""
    plain = _plain(f"concat_ws(' ', {names})")
    whole = (
        f"CASE WHEN regexp_matches(concat(last_name, first_name), '{_UNSPACED}') THEN concat(last_name, first_name) END"
    )
    return (
        f"SELECT child_id, concat(' ', translate(translate({plain}, '{APART}', '   '), '{_QUOTED}', ''),"
        f" ' ', translate({plain}, '{APART}{_QUOTED}', '{' ' * len(APART + WITHIN)}'), ' ', {whole}) AS words"
        f" FROM {table}"
    )


def searched_children() -> str:
    """SQL: the children on file, the words of their names, and their ids and caseworkers in small letters."""
    return (
        "SELECT c.child_id, c.last_name, c.first_name, c.office, lower(c.child_id) AS plain_id,"
        " lower(c.caseworker_id) AS plain_caseworker, n.words"
        f" FROM children AS c JOIN ({child_names()}) AS n USING (child_id)"
    )


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
    """SQL on the column `words` of `child_names`, and its values; none where initials alone would tell nobody apart.

    One sign of a script without letters is a whole name.
    """
    words = term.translate(str.maketrans(APART, " " * len(APART), WITHIN + _UNSEEN)).split()
    if not any(len(word) > 1 or not word.isascii() for word in words):
        return "", []
    return " AND ".join(f"contains(words, concat(' ', {_plain('?')}))" for _ in words), words
