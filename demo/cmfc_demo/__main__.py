"""`python -m cmfc_demo`: the nightly job on an invented agency, through a real Airflow (`make run`, `make ui`)."""

from contextlib import ExitStack
from typing import Annotated

import typer

from cmfc.cli import arguments
from cmfc.cli.console import bar, complain, print_night, published
from cmfc.cli.main import Json, main
from cmfc.errors import UsageError
from cmfc.settings import Settings
from cmfc_demo.run import end_on_signals, keep, prepare, run_dag

app = typer.Typer(add_completion=False, help="The nightly job on an invented agency, through a real Airflow.")


@app.command()
def demo(
    date: Annotated[str, typer.Option(help="Business date, YYYY-MM-DD.")] = "2026-09-30",
    ui: Annotated[bool, typer.Option("--ui", help="Keep Airflow running, to look and trigger.")] = False,
    as_json: Json = False,
) -> None:
    """Run the nightly job on an invented agency, through a real Airflow."""
    day = arguments.day(date).isoformat()
    end_on_signals()
    with ExitStack() as running:
        with bar() as say:
            say("starting Airflow", 0, 0)
            service = running.enter_context(prepare(day))
            report = run_dag(service, day, again=True, say=say)
        is_done = report["state"] == "success"
        if is_done:
            print_night(published(Settings().lists / "demo" / day), as_json)
        else:
            complain(report["log"])
        if ui:
            keep(service)
    if not is_done:
        raise UsageError("CMFC-C04", "The demonstration run did not finish; the end of the task's log is above.")


main(app)
