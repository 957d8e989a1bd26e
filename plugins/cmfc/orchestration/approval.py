"""Who is asked to release an audit extract, what they are shown, and what they said.

What tasks hand on to one another may be edited by whoever may edit it in Airflow. So the question is made from the
package itself, and which bytes it was about and what was answered go into the ledger, whence they are taken.
"""

from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator

from cmfc.audit_extract.options import APPROVE
from cmfc.errors import UsageError
from cmfc.orchestration import wiring
from cmfc.privacy.logs import without_values
from cmfc.settings import Settings

QUESTION = """Period {first} to {last}, as known on {as_known_on}.

{episodes} episodes, {frame} to draw from, {drawn} sampled.

Folder `{folder}`, manifest `{sha256}`.
Check it with `python3 verify.py` in the folder."""


class ApproveByAnother(HITLOperator):  # type: ignore[misc]
    """Asks the assigned people, without the one who built, about the package that lies there now."""

    assigned_users: Any

    def execute(self, context: Any) -> Any:
        """Note which bytes the question is about, and wait for an answer.

        Raises:
            UsageError: CMFC-U13 where nobody is left to ask, as Airflow would let anybody answer then; CMFC-U10 where
                there is no package.
        """
        builder = context["dag_run"].triggering_user_name
        self.assigned_users = [user for user in self.assigned_users or [] if user["name"] != builder]
        if not builder or not self.assigned_users:
            raise UsageError(
                "CMFC-U13", "No approver is left who did not build this extract; see CMFC_AUDIT_APPROVERS."
            )
        with without_values():
            folder = package_of(context)
            self.body, sha256 = question_of(folder)
            _note(context, {"package": folder.name, "manifest": sha256})
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Note the answer, as Airflow itself has it."""
        answer = super().execute_complete(context, event)
        with without_values():
            question = _noted(context)
            _note(context, {
                "package": question["package"], "manifest": question["manifest"],
                "is_approved": "yes" if answer["chosen_options"] == [APPROVE] else "no",
                "reason": answer["params_input"].get("reason", "other"), "by": answer["responded_by_user"]["name"],
            })  # fmt: skip
        return answer


def package_of(context: Any) -> Path:
    """Where the package of a run lies, by the settings, the DAG's agency and the name it was asked for with."""
    return Settings().audits / wiring.agency_of(context) / str(context["params"]["name"])


def question_of(package: Path) -> tuple[str, str]:
    """What a person is shown of a package, and the SHA-256 of its manifest.

    Raises:
        UsageError: CMFC-U10 where the folder holds no package.
    """
    from cmfc.audit_extract.package import read_manifest
    from cmfc.publishing.manifest import MANIFEST
    from cmfc.storage.digest import sha256_of

    manifest = read_manifest(package)
    sample, sha256 = manifest["sample"], sha256_of(package / MANIFEST)
    text = QUESTION.format(
        **manifest["period"], as_known_on=manifest["as_known_on"], folder=package, sha256=sha256,
        episodes=manifest["outputs"]["episodes.csv"]["rows"], frame=sample["frame"], drawn=sample["drawn"],
    )  # fmt: skip
    return text, sha256


def decide_on_answer(context: Any) -> dict[str, Any]:
    """Release or refuse the package that a person was shown, as that person answered.

    Raises:
        UsageError: CMFC-A09 where the ledger has no answer, CMFC-U15 where the package is not the one that was shown,
            and as `audit_extract.release.decide`.
    """
    from cmfc.audit_extract.release import decide

    settings, package, answer = Settings(), package_of(context), _noted(context)
    if "by" not in answer:
        raise UsageError("CMFC-A09", "The ledger has no note that somebody answered the question of this run.")
    if answer["package"] != package.name:
        raise UsageError("CMFC-U15", "The package is not the one that was shown.", package.name)
    is_approved, approvers = answer["is_approved"] == "yes", tuple(name for _, name in settings.approvers)
    with wiring.ledger_at(settings.ledger_url()) as ledger:
        folder = decide(
            package, is_approved, answer["reason"], ledger, answer["by"], approvers, settings.now(),
            manifest_sha256=answer["manifest"],
        )  # fmt: skip
    return {"folder": str(folder), "is_released": is_approved}


def _note(context: Any, facts: dict[str, str]) -> None:
    from cmfc.ledger.pins import note_pin

    settings = Settings()
    with wiring.ledger_at(settings.ledger_url()) as ledger:
        note_pin(ledger, wiring.agency_of(context), wiring.key_of(context), facts, settings.now())


def _noted(context: Any) -> dict[str, str]:
    from cmfc.ledger.pins import read_pin

    with wiring.ledger_at(Settings().ledger_url()) as ledger:
        noted = read_pin(ledger, wiring.agency_of(context), wiring.key_of(context))
    if noted is None:
        raise UsageError("CMFC-A09", "The ledger has no note of which package the question of this run was about.")
    return noted
