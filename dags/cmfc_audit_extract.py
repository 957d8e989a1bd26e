"""The audit extract: wiring only. The steps are in plugins/cmfc/audit_extract/, the question in orchestration/."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from cmfc.audit_extract.options import APPROVE, POPULATIONS, REASONS, REFUSE, STRATA
from cmfc.orchestration import approval, notifications, wiring
from cmfc.pipeline.agencies import Schedule
from cmfc.privacy.logs import without_values
from cmfc.settings import Settings

DOC = """
### The audit extract: build, approve, release

One DAG per agency, `cmfc_audit_extract__<agency>`.
For a **period**, as known on a **night**: both populations with every exclusion, timeliness tables, stock and flow,
a seeded sample with its worksheet, and a verifier that needs nothing of ours
(`docs/how-to/audit-extract.md`).

`build` → `approve` → `decide`

* **Who**: whoever triggers the run builds. Only a person named in `CMFC_AUDIT_APPROVERS` who did not trigger it may
  answer `approve`; it waits up to 30 days.
* **What to look at**: the package's folder and the hash of its manifest stand in the question.
  `python3 verify.py` in the folder checks it. The question is made from the package itself; the hash and the answer go
  into the ledger, and only the package with that hash is released.
* **Builds, releases and refusals** are entries of the ledger's journal, with their reason; `cmfc verify` covers them.
  A released package carries its approval (`approval.json`), is read-only, lies below `released/` and is never written
  again.
* **Again**: the same request on the same night gives the same bytes; what is done stays done. Another needs a name.
* **Privacy**: keyed pseudonyms only; no name, birth date, report number or id of the agency is in the package, in XCom,
  in a log or in a param. Reasons are codes for that reason.
"""

settings = Settings()
PARAMS = {
    "name": Param("", type="string", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,63}$", description="Name of the package."),
    "first": Param("", type="string", format="date", description="First day of the period."),
    "last": Param("", type="string", format="date", description="Last day of the period."),
    "as_known_on": Param("", type="string", format="date", description="Business date of the night."),
    "run": Param("", type="string", pattern=r"^[0-9a-f]{0,20}$", description="Its run, where it ran more than once."),
    "seed": Param(0, type="integer", minimum=0, description="Random seed of the sample."),
    "sample_size": Param(100, type="integer", minimum=1, description="Episodes to draw."),
    "strata": Param(["length_band"], type="array", items={"enum": list(STRATA)}, description="What stratifies."),
    "population": Param("audit", enum=list(POPULATIONS), description="What the sample is drawn from."),
    "is_by_day": Param(False, type="boolean", description="Times only to the day."),
    "is_shareable": Param(True, type="boolean", description="Make tables that may be passed on."),
    "is_for_state": Param(False, type="boolean", description="So that `cmfc audit merge` can join it."),
    "compare": Param(
        "",
        type="string",
        pattern=r"^[A-Za-z0-9_-]{0,64}$",
        description="Name of a released package of the same period: what changed since.",
    ),
    "year_begins": Param(10, type="integer", minimum=1, maximum=12, description="Month of the fiscal year."),
}
OPTIONS = ("seed", "sample_size", "population", "is_by_day", "year_begins", "is_shareable", "is_for_state")
"""Params that an extract's request has by the same name."""


@task(multiple_outputs=False, execution_timeout=timedelta(hours=2))
def build() -> dict[str, Any]:
    from datetime import date

    from cmfc.audit_extract.extract import Request
    from cmfc.audit_extract.release import RELEASED, build_extract
    from cmfc.pipeline.code import extract_version
    from cmfc.pipeline.past_run import known_at
    from cmfc.privacy.pseudonyms import read_key

    context = get_current_context()
    params, by = context["params"], context["dag_run"].triggering_user_name or "unknown"
    wiring.refuse_unknown_conf(context, PARAMS)
    with without_values():
        days = (date.fromisoformat(params["first"]), date.fromisoformat(params["last"]))
        key, package = read_key(settings.audit_key.get_secret_value()), approval.package_of(context)
        former = package.parent / RELEASED / params["compare"] if params["compare"] else None
        as_they_are = {name: params[name] for name in OPTIONS}
        options = {**as_they_are, "strata": tuple(params["strata"]), "former": former}
        request = Request(*days, params["as_known_on"], **options)
        agency, url = wiring.agency_of(context), settings.ledger_url()
        where = (settings.store, settings.lists, agency, params["as_known_on"], params["run"])
        with known_at(*where, url) as knowledge, wiring.ledger_at(url) as ledger:
            version, at = extract_version(), settings.now()
            return build_extract(knowledge, request, key, package, version, ledger, by, at)


@task(multiple_outputs=False)
def decide() -> dict[str, Any]:
    with without_values():
        return approval.decide_on_answer(get_current_context())


def audit_extract(dag_id: str, agency: str, _: Schedule) -> DAG:
    """The audit DAG of an agency; see DOC."""
    with DAG(
        dag_id=dag_id,
        dag_display_name=f"{agency}: audit extract",
        schedule=None,
        catchup=False,
        doc_md=DOC,
        tags=["cmfc", "audit", agency],
        params=PARAMS,
        default_args=wiring.defaults(on_failure_callback=notifications.note_failure),
        on_failure_callback=notifications.AuditFailed(),
    ) as agency_dag:
        approve = approval.ApproveByAnother(
            task_id="approve",
            subject="Release the audit extract {{ params.name }}?",
            body="The package, as it lies there when the question is asked.",
            options=[APPROVE, REFUSE],
            params={"reason": Param("as_asked", enum=list(REASONS), description="Why.")},
            assigned_users=[{"id": user, "name": name} for user, name in settings.approvers],
            response_timeout=timedelta(days=30),
        )

        build() >> approve >> decide()
    return agency_dag


for one in wiring.dags_of("cmfc_audit_extract"):
    audit_extract(*one)
