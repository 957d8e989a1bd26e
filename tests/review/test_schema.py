"""Requests generated from the application's own description (which it shows nobody): none is a server error."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings

from cmfc.ledger.queries import Filter, list_findings
from cmfc.review.access import Person, Role
from cmfc.review.app import HEADERS, build_app
from tests.support.office import ASKED, KEY, Office

RITA = Person("rita", Role.REVIEWER)
APP = build_app(lambda: RITA, "a secret of this test")
SCHEMA = schemathesis.openapi.from_dict(APP.openapi())
SCHEMA.app = APP
EXPECTED = {200, 303, 400, 403, 404, 405, 409, 422}


@SCHEMA.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_is_answered_with_a_page(case: Any, office: Office) -> None:
    """Half of the requests are about a finding and a form that are really there, so that they get past the door."""
    if "agency" in case.path_parameters:
        case.path_parameters["agency"] = KEY
    if "exception_id" in case.path_parameters and len(str(case.path_parameters["exception_id"])) % 2:
        findings, _ = list_findings(office.ledger, office.agency, Filter(), 1)
        case.path_parameters["exception_id"] = findings[0].exception_id
    if case.path_parameters.get("feed") == "ncmec_reports":
        case.path_parameters["report_id"] = ASKED
    if "child_id" in case.path_parameters and len(str(case.path_parameters["child_id"])) % 2:
        findings, _ = list_findings(office.ledger, office.agency, Filter(), 20)
        case.path_parameters["child_id"] = next(f.child_id for f in findings if f.child_id)
    if isinstance(case.body, dict):
        case.body["token"] = APP.state.forms.token(RITA)
    answer = case.call()
    assert answer.status_code in EXPECTED, answer.text
    assert all(answer.headers[name.lower()] == [value] for name, value in HEADERS.items())
    if answer.status_code not in (200, 303):
        words = ("This did not work", "Somebody was quicker", "Not done", "Nothing was done", 'role="alert" id="wrong"')
        assert any(sentence in answer.text for sentence in words)
