"""What a finding is about, in the words of the people who work it: the duty, of which a child may have several.

A duty is counted once per subject, whatever was found of it: a report that is late and lacks a number is one duty.
"""

DUTIES = {
    "LE": "Report to law enforcement",
    "NC": "Report to NCMEC",
    "NI": "Entry into NCIC",
    "RT-01": "Tell law enforcement of the return",
    "RT-02": "Tell NCMEC of the return",
    "RT-03": "Interview and screening after the return",
    "RT": "How the absence ended",
    "CM": "Monthly contact",
    "CV": "Decide who must report",
    "ID": "Whose report it is",
    "RC": "Records of the child",
    "LW": "Rule of that day",
    "DQ": "Rows of a source",
}
"""By code, else by its first letters."""


def duty_of(code: str) -> str:
    """The duty of a code."""
    return DUTIES.get(code) or DUTIES[code.partition("-")[0]]


def duty_sql(code: str = "code") -> str:
    """SQL: the duty of a column of codes."""
    whole = [(key, f"{code} = '{key}'") for key in DUTIES if "-" in key]
    begun = [(key, f"starts_with({code}, '{key}-')") for key in DUTIES if "-" not in key]
    cases = " ".join(f"WHEN {condition} THEN '{DUTIES[key]}'" for key, condition in (*whole, *begun))
    return f"CASE {cases} ELSE {code} END"
