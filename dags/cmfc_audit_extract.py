"""The audit extract: wiring only. What each step does is in plugins/cmfc/audit_extract/."""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, get_current_context, task

from cmfc.audit_extract.options import POPULATIONS, REASONS, STRATA
from cmfc.errors import UsageError
from cmfc.orchestration import notifications, wiring
from cmfc.privacy.logs import without_values
from cmfc.settings import Settings

DOC = """
### The audit extract: build, approve, release

For a **period**, as known on a **night**: both populations with every exclusion, timeliness tables, stock and flow,
a seeded sample with its worksheet, and a verifier that needs nothing of ours
(`docs/how-to/audit-extract.md`).

`build` → `approve` → `decide`

* **Who**: whoever triggers the run builds. Only a person named in `CMFC_AUDIT_APPROVERS` who did not trigger it may
  answer `approve`; it waits up to 30 days.
* **What to look at**: the package's folder and the hash of its manifest stand in the question.
  `python3 verify.py` in the folder checks it.
* **Builds, releases and refusals** are entries of the ledger's journal, with their reason; `cmfc verify` covers them.
  A released package carries its approval (`approval.json`), is read-only, lies below `released/` and is never written
  again.
* **Again**: the same request on the same night gives the same bytes; what is done stays done. Another needs a name.
* **Privacy**: keyed pseudonyms only; no name, birth date, report number or id of the agency is in the package, in XCom,
  in a log or in a param. Reasons are codes for that reason.
"""

APPROVE, REFUSE = "Approve", "Refuse"
settings = Settings()


class ApproveByAnother(HITLOperator):
    """Asks the assigned people, without the one who built."""

    assigned_users: Any

    def execute(self, context: Any) -> Any:
        """Waits for an answer.

        Raises:
            UsageError: CMFC-U13 where nobody is left to ask; Airflow would let anybody answer then.
        """
        builder = context["dag_run"].triggering_user_name
        self.assigned_users = [user for user in self.assigned_users or [] if user["name"] != builder]
        if not builder or not self.assigned_users:
            message = "No approver is left who did not build this extract; see CMFC_AUDIT_APPROVERS."
            raise UsageError("CMFC-U13", message)
        return super().execute(context)


@dag(
    dag_id="cmfc_audit_extract",
    schedule=None,
    catchup=False,
    doc_md=DOC,
    tags=["cmfc"],
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=settings.retry_seconds),
        "retry_policy": wiring.OnlyWhatMayPass(),
        "on_failure_callback": notifications.note_failure,
    },
    on_failure_callback=notifications.AuditFailed(),
    params={
        "name": Param(
            "", type="string", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,63}$", description="Name of the package."
        ),
        "first": Param("", type="string", format="date", description="First day of the period."),
        "last": Param("", type="string", format="date", description="Last day of the period."),
        "as_known_on": Param("", type="string", format="date", description="Business date of the night."),
        "seed": Param(0, type="integer", minimum=0, description="Random seed of the sample."),
        "sample_size": Param(100, type="integer", minimum=1, description="Episodes to draw."),
        "strata": Param(["length_band"], type="array", items={"enum": list(STRATA)}, description="What stratifies."),
        "population": Param("audit", enum=list(POPULATIONS), description="What the sample is drawn from."),
        "is_by_day": Param(False, type="boolean", description="Times only to the day."),
        "year_begins": Param(10, type="integer", minimum=1, maximum=12, description="Month of the fiscal year."),
        "agency": Param("", type="string", pattern=r"^[A-Za-z0-9_-]*$", description="Else the only one."),
    },
)
def cmfc_audit_extract() -> None:
    """See DOC."""

    @task(multiple_outputs=False, execution_timeout=timedelta(hours=2))
    def build() -> dict[str, Any]:
        from datetime import date

        from cmfc.audit_extract.extract import Request
        from cmfc.audit_extract.release import build_extract
        from cmfc.audit_extract.source_night import known_on
        from cmfc.ledger.store import opened
        from cmfc.pipeline.code import extract_version
        from cmfc.privacy.pseudonyms import read_key

        context = get_current_context()
        params, by = context["params"], context["dag_run"].triggering_user_name or "unknown"
        with without_values():
            known = known_on(settings.store, settings.lists, params["agency"], params["as_known_on"])
            days = (date.fromisoformat(params["first"]), date.fromisoformat(params["last"]))
            names = ("as_known_on", "seed", "sample_size", "population", "is_by_day", "year_begins")
            request = Request(*days, strata=tuple(params["strata"]), **{name: params[name] for name in names})
            key = read_key(settings.audit_key.get_secret_value())
            package = settings.audits / known.agency / params["name"]
            with opened(settings.ledger_url()) as ledger:
                return build_extract(known, request, key, package, extract_version(), ledger, by, settings.now())

    approve = ApproveByAnother(
        task_id="approve",
        subject="Release the audit extract {{ params.name }}?",
        body="""Period {{ params.first }} to {{ params.last }}, as known on {{ params.as_known_on }}.
{% set built = ti.xcom_pull(task_ids='build') %}
{{ built.episodes }} episodes, {{ built.audit_population }} of the auditor's population, {{ built.sampled }} sampled.

Folder `{{ built.folder }}`, manifest `{{ built.manifest_sha256 }}`.
Check it with `python3 verify.py` in the folder.""",
        options=[APPROVE, REFUSE],
        params={"reason": Param("as_asked", enum=list(REASONS), description="Why.")},
        assigned_users=[{"id": user, "name": name} for user, name in settings.approvers],
        response_timeout=timedelta(days=30),
    )

    @task(multiple_outputs=False)
    def decide(summary: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        from pathlib import Path

        from cmfc.audit_extract.release import decide as decide_on
        from cmfc.ledger.store import opened

        is_approved = answer["chosen_options"] == [APPROVE]
        reason, by = answer["params_input"].get("reason", "other"), answer["responded_by_user"]["name"]
        with without_values():
            package = Path(summary["folder"])
            approvers = tuple(name for _, name in settings.approvers)
            with opened(settings.ledger_url()) as ledger:
                folder = decide_on(package, is_approved, reason, ledger, by, approvers, settings.now())
        return {"folder": str(folder), "is_released": is_approved}

    built = build()
    built >> approve
    decide(built, approve.output)


cmfc_audit_extract()
