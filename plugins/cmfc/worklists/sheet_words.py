"""The words of the report sheet, the same on the page, on paper and on the terminal."""

from cmfc.feeds.codes import codes
from cmfc.reconcile.recipients import RECIPIENTS

MISSING_SETTINGS = codes().missing_settings
TITLE = "Report a missing child"
CHECK = "Filled from records of {filled}; check with the caregiver."
MISSING = "Missing since {since}, by the records."
NOT_MISSING = (
    "These records show no missing episode that lasts. If the child is missing, report all the same; what belongs to"
    " the day is left open to ask."
)
ASK = "ask"
LE_FIRST = "First: law enforcement"
LE_HOW = (
    "Call the agency where the child went missing, at once. Ask for the case number, and that the child is entered in"
    " NCIC as missing."
)
THEN_NCMEC = "Then: NCMEC"
NCMEC_PHONE = "1-800-THE-LOST (1-800-843-5678)"
NCMEC_SITE = "https://cmfc.missingkids.org/reportit/Account/LogOn"
NCMEC_HOW = (
    f"Call {NCMEC_PHONE}, or report online with an account: {NCMEC_SITE}. A report to law enforcement, even with an"
    " entry in NCIC, is no report to NCMEC. Give the same answers, and the law-enforcement agency and case number."
)
NCMEC_SOURCE = "NCMEC's FAQ for social service agencies"
ANSWERS = "What law enforcement gave you; NCMEC asks for it"
NOTHING_LOGGED = "Nothing in the log about this missing episode."
REFUSAL = "If law enforcement refuses, or tells you to wait"
THIRD_PARTY = "The child is not in the agency's custody: report with the parent"
RETURNED = "When the child is located"
VOLUNTARY = (
    "By the records the young adult is in voluntary extended care: NCMEC does not take such a report (NCMEC's FAQ); it"
    " helps where law enforcement reports."
)
CASE_BY_CASE = "By the records it is decided case by case whether NCMEC takes this report: call and ask."
PHOTO = "Have it at hand; send it to both."
NO_PHOTO = "Ask the caregiver, the school, friends for one."
NOT_IN_PUBLIC = "Nothing public may say so, nor that the child is in care."
PARENTS_NEEDED = "Needed for NCMEC: the parent's full contact details."
WRITTEN_BEFORE = "Ask anew. On file from before: {value}"
NOTED = "Reports noted by people"
SEX = {"F": "Female", "M": "Male", "X": "X"}
OUTCOME = {"accepted": "taken", "refused": "refused", "told_to_wait": "told to wait", "attempted": "tried, not taken"}
BY = {
    "agency": "by the agency",
    "law_enforcement": "by law enforcement",
    "parent": "by a parent",
    "other": "by another",
}
SETTING = {"trial_home_visit": "home, on trial", "unlicensed_stay": "unlicensed stay (hotel, office)",
           "supervised_independent": "supervised independent living"}  # fmt: skip
RECIPIENT = {one.recipient: one.name for one in RECIPIENTS}
CLAIM_STATE = {
    "answered": "in the log",
    "waiting": "not in the log yet",
    "to_answer": "not in the log after two days: enter it there, make the report, or take this note back",
    "not_checked": "whether the log has it cannot be said: the log could not be used, or the number noted was erased",
}
CONTRADICTED = "the log has it, but not as taken"
