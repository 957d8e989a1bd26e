"""How the demonstration agency names things: native tables, columns and codes beside the canonical ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Codes = Mapping[str, str]
"""Native code to ours."""

TRUE_FALSE: Codes = {"Y": "true", "N": "false"}
SEX: Codes = {"1": "M", "2": "F", "3": "X", "9": "U"}
SETTING: Codes = {
    "1": "pre_adoptive_home", "2": "relative_home", "3": "foster_home", "4": "group_home", "5": "institution",
    "6": "supervised_independent", "7": "shelter", "8": "unlicensed_stay", "9": "detention", "10": "hospital",
    "12": "runaway", "13": "whereabouts_unknown", "14": "trial_home_visit", "15": "unapproved_known",
}  # fmt: skip
"""12 and 13 are those of AFCARS E120; 14 is its placed at home."""
AUTHORITY: Codes = {
    "SC": "state_care", "CG": "court_guardianship", "VX": "voluntary_extended_care", "IH": "in_home", "TR": "tribal",
    "OS": "other_state",
}  # fmt: skip
CUSTODY_END: Codes = {
    "1": "reunified", "3": "adopted", "5": "guardianship", "4": "emancipated", "7": "transferred",
    "6": "runaway_or_unknown", "8": "died", "99": "other",
}  # fmt: skip
KIND: Codes = {"M": "missing", "K": "away_known", "P": "planned"}
ABSENCE_END: Codes = {
    "RET": "returned", "LOC": "located", "WHE": "whereabouts_established", "EXC": "exited_care", "AGE": "aged_out",
    "DEC": "died", "ERR": "error",
}  # fmt: skip
REASON: Codes = {
    "R": "ran_away", "S": "abducted_by_stranger", "F": "taken_or_kept_by_relative", "L": "wandered_or_lost",
    "D": "displaced_by_disaster", "O": "other", "U": "unknown",
}  # fmt: skip
BASIS: Codes = {
    "SCH": "school", "EMP": "employment", "CAR": "caregiver", "REL": "relative", "VIS": "agency_visit",
    "LEA": "law_enforcement", "OTH": "other",
}  # fmt: skip
LE_OUTCOME: Codes = {
    "Taken": "accepted", "Refused": "refused", "Told to wait": "told_to_wait", "Tried": "attempted",
}  # fmt: skip
REPORTER: Codes = {"Worker": "agency", "Caregiver": "caregiver", "Other": "other"}
REMOVAL: Codes = {"Located": "located", "Age": "age", "Cancelled": "cancelled", "Other": "other"}
CHANNEL: Codes = {"TEL": "phone", "WEB": "online", "SYS": "system"}
SOURCE: Codes = {"CWA": "agency", "LEA": "law_enforcement", "PAR": "parent", "OTH": "other"}


@dataclass(frozen=True)
class Native:
    """A native column: its name, its codes, and how its text differs from ours.

    Attributes:
        midnight: a day without a clock is written as midnight.
        split: day and clock stand in two columns, `<name>_DT` and `<name>_TM`; the query joins them.
        format: strptime format of its dates.
    """

    name: str
    codes: Codes | None = None
    midnight: bool = False
    split: bool = False
    format: str | None = None


@dataclass(frozen=True)
class Layout:
    """One feed in the agency's own terms."""

    table: str
    columns: Mapping[str, Native]
    ignored: tuple[str, ...] = field(default=())


def _layout(table: str, columns: Mapping[str, "str | Native"], ignored: tuple[str, ...] = ()) -> Layout:
    return Layout(table, {n: Native(c) if isinstance(c, str) else c for n, c in columns.items()}, ignored)


DATABASE: Mapping[str, Layout] = {
    "children": _layout("TBL_CLIENT", {
        "child_id": "CLIENT_NO", "last_name": "SURNAME", "first_name": "GIVEN_NM", "middle_name": "MIDDLE_NM",
        "aliases": "AKA_TXT", "date_of_birth": Native("BIRTH_DT", format="%m/%d/%Y"), "sex": Native("GENDER_CD", SEX),
        "race": "RACE_TXT", "county": "COUNTY_NM", "office": "OFFICE_NM", "caseworker_id": "WORKER_NO",
        "state_id": "STATE_NO"},
        ("REC_STATUS",)),
    "custody": _layout("TBL_LEGAL", {
        "custody_id": "LEGAL_NO", "child_id": "CLIENT_NO", "authority": Native("LEGAL_CD", AUTHORITY),
        "began_at": "BEG_TS", "ended_at": "END_TS", "end_reason": Native("DISCH_CD", CUSTODY_END)}),
    "placements": _layout("TBL_PLACEMENT", {
        "placement_id": "PLC_NO", "child_id": "CLIENT_NO", "setting": Native("PLC_TYP", SETTING),
        "began_at": Native("BEG_TS", midnight=True), "ended_at": Native("END_TS", midnight=True),
        "provider_id": "VENDOR_NO", "county": "PLC_COUNTY", "entered_at": "KEYED_TS",
        "voided": Native("VOID_IND", TRUE_FALSE)}),
    "absences": _layout("TBL_ABSENCE", {
        "absence_id": "ABS_NO", "child_id": "CLIENT_NO", "kind": Native("ABS_TYP", KIND),
        "absent_since": Native("LEFT", split=True), "agency_informed_at": "TOLD_TS", "ended_at": "BACK_TS",
        "expected_end_at": "DUE_BACK_TS", "end_reason": Native("BACK_RSN", ABSENCE_END),
        "reason": Native("LEFT_RSN", REASON), "entered_at": "KEYED_TS", "voided": Native("VOID_IND", TRUE_FALSE)}),
    "sightings": _layout("TBL_WHEREABOUTS", {
        "sighting_id": "SEEN_NO", "child_id": "CLIENT_NO", "known_from": "FROM_TS", "known_to": "TO_TS",
        "basis": Native("BASIS_CD", BASIS), "verified": Native("VERIFIED_IND", TRUE_FALSE)}),
    "contacts": _layout("TBL_CONTACT", {
        "contact_id": "CNT_NO", "child_id": "CLIENT_NO",
        "party": Native("PARTY_CD", {"LE": "law_enforcement", "NC": "ncmec"}), "contacted_at": "CNT_TS",
        "purpose": "PURPOSE_TXT"}),
    "returns": _layout("TBL_RETURN", {
        "return_id": "RTN_NO", "child_id": "CLIENT_NO", "returned_at": "RTN_TS", "interviewed_at": "INTERVIEW_TS",
        "screened_for_trafficking_at": "SCREEN_TS", "contributing_factors": "FACTORS_TXT"}),
    "descriptions": _layout("TBL_DESCRIPTION", {
        "child_id": "CLIENT_NO", "height": "HEIGHT_TXT", "weight": "WEIGHT_TXT", "hair": "HAIR_TXT", "eyes": "EYES_TXT",
        "marks": "MARKS_TXT", "photo_on_file": Native("PHOTO_IND", TRUE_FALSE), "phone": "CELL_TXT",
        "last_seen_place": "LAST_PLACE_TXT", "last_seen_with": "LAST_WITH_TXT", "clothing": "CLOTHES_TXT",
        "medications": "MEDS_TXT", "suicidal": Native("SUICIDE_IND", TRUE_FALSE),
        "pregnant": Native("PREGNANT_IND", TRUE_FALSE), "trafficking_risk": Native("TRAFFICKING_IND", TRUE_FALSE),
        "gang": Native("GANG_IND", TRUE_FALSE), "parents": "PARENTS_TXT", "updated_at": "UPDATED_TS"}),
}  # fmt: skip

LE_LOG = _layout("Reports", {
    "le_report_id": "Log no.", "child_id": "Client no.", "first_name": "First name", "last_name": "Last name",
    "date_of_birth": "Born", "sex": Native("Sex", {"Male": "M", "Female": "F", "X": "X", "Unknown": "U"}),
    "reported_at": "Date/time reported", "outcome": Native("What they did", LE_OUTCOME),
    "reporter": Native("Reported by", REPORTER), "agency_name": "Police agency", "report_number": "Case no.",
    "missing_since": "Missing since", "ncic_number": "NIC", "ncic_entered_at": "NCIC entered",
    "ncic_removed_at": "NCIC removed", "ncic_removal_reason": Native("Why removed", REMOVAL),
    "told_located_at": "Told located", "voided": Native("Struck out", {"x": "true", "-": "false"})},
    ("Remarks",))  # fmt: skip

NCMEC_EXPORT = _layout("ncmec_export", {
    "ncmec_report_id": "ReportId", "child_id": "AgencyChildId", "first_name": "ChildFirst", "last_name": "ChildLast",
    "date_of_birth": "ChildDOB", "sex": "ChildSex", "reported_at": "ReportedOn", "channel": Native("Channel", CHANNEL),
    "source": Native("Source", SOURCE), "ncmec_case_number": "CaseNumber", "missing_since": "MissingSince",
    "le_agency": "LEAgency", "le_report_number": "LECaseNumber", "has_photo": Native("Photo", TRUE_FALSE),
    "has_description": Native("Description", TRUE_FALSE), "has_circumstances": Native("Circumstances", TRUE_FALSE),
    "has_endangerments": Native("Endangerments", TRUE_FALSE),
    "has_guardian_contact": Native("GuardianContact", TRUE_FALSE), "told_located_at": "LocatedNotified",
    "closed_at": "CaseClosed", "voided": Native("Voided", TRUE_FALSE)})  # fmt: skip
