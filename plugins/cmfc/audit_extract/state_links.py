"""What an extract carries so that agencies of one state can be joined: keyed, it shows nothing by itself (spec 6).

The state's id, and name with birth date, are run through HMAC under the state's key without the agency's name: the same
child has the same value in every agency, and nobody without the key can try names or ids.
"""

import unicodedata

import duckdb
import pyarrow as pa

from cmfc.privacy.pseudonyms import Key
from cmfc.storage.duck import make_table

_CODES = {
    letter: digit for digit, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1) for letter in letters
}


def draw_links(connection: duckdb.DuckDBPyConnection, agency: str, key: Key) -> None:
    """Make `linkable_children` and `care_rows` of everybody with a line or with care in the period.

    Args:
        connection: holds the population and the night's records.
        agency: its id.
        key: the state's; all agencies that are to be joined use it.
    """
    connection.execute("""CREATE TABLE care_stretches AS
        SELECT child_id, local_day(began_at_earliest) AS from_day, local_day(least(ended_at_earliest,
        as_of)) AS until_day
        FROM checked_custody CROSS JOIN request
        WHERE authority IN ('state_care', 'court_guardianship', 'voluntary_extended_care')
        AND began_at_earliest <= as_of
          AND local_day(began_at_earliest) <= last_day
          AND coalesce(local_day(least(ended_at_earliest, as_of)), first_day) >= first_day""")
    there = {row[0] for row in connection.execute("DESCRIBE checked_children").fetchall()}
    state_id = "k.state_id" if "state_id" in there else "NULL"  # a night of before the column was known
    rows = connection.execute(
        f"""SELECT c.child_id, k.county, {state_id}, k.last_name, k.first_name, CAST(k.date_of_birth AS VARCHAR),
        o.sex, o.race, o.ethnicity
        FROM (SELECT DISTINCT child_id FROM care_stretches
              UNION SELECT d.child_id FROM dated AS d JOIN pseudonyms AS p ON p.kind = 'episode' AND p.id = d.episode_id
              JOIN lines AS l ON l.episode = p.pseudonym) AS c
        LEFT JOIN checked_children AS k ON k.child_id = c.child_id
        LEFT JOIN of_children AS o ON o.child_id = c.child_id ORDER BY c.child_id"""
    ).fetchall()
    columns: dict[str, list[str | None]] = {
        n: [] for n in ("id", "child", "county", "sex", "race", "ethnicity", "state_child", "name_birth", "sound_birth")
    }
    for child_id, county, state, last, first, born, *own in rows:
        columns["id"].append(child_id)
        columns["child"].append(key.pseudonym(agency, "child", child_id))
        columns["county"].append(county)
        for name, value in zip(("sex", "race", "ethnicity"), own, strict=True):
            columns[name].append(value)
        columns["state_child"].append(
            key.pseudonym("", "state_child", state.strip()) if state and state.strip() else None
        )
        names = (_plain(last), _plain(first))
        is_known = all(names) and born
        columns["name_birth"].append(key.pseudonym("", "name_birth", "|".join((*names, born))) if is_known else None)
        sounds = "|".join((*map(_sound, names), born or ""))
        columns["sound_birth"].append(key.pseudonym("", "sound_birth", sounds) if is_known else None)
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    make_table(connection, "linkable_children", table)
    connection.execute("""CREATE TABLE care_rows AS
        SELECT c.child, day_of(s.from_day) AS from_on, day_of(s.until_day) AS until_on
        FROM care_stretches AS s JOIN linkable_children AS c ON c.id = s.child_id""")


def _plain(name: str | None) -> str:
    """A name without case, accents, blanks and signs."""
    spread = unicodedata.normalize("NFKD", (name or "").casefold())
    return "".join(letter for letter in spread if letter.isalnum())


def _sound(name: str) -> str:
    """Soundex: the first letter and three digits."""
    digits, previous = "", _CODES.get(name[:1])
    for letter in name[1:]:
        code = _CODES.get(letter)
        if code and code != previous:
            digits += str(code)
        if letter not in "hw":
            previous = code
    return (name[:1] + digits + "000")[:4]
