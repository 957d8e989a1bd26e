"""Starts what docker-compose.yaml says as processes of this machine, where no container engine is at hand.

    python -m tools.compose_local up DIRECTORY --env FILE           # until Ctrl-C
    python -m tools.compose_local run DIRECTORY SERVICE [WORD ...]  # as `docker compose run --rm`

Each service's command runs with the environment that the file gives it, in the order of `depends_on` and held to the
health checks that stand there. What a container has of its own is put in its place by name: folders of volumes below
DIRECTORY, services' names and ports on 127.0.0.1, PostgreSQL from the wheel that the tests use.

What this cannot show: that the images build, users and rights inside containers, limits of memory, restarts, the
container engine's network, log rotation. Not for records of real children.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tools.compose_images import Places, prepare_postgres, program_of, run_as
from tools.compose_text import filled, seconds

PROJECT = Path(__file__).resolve().parents[1]
FILE = PROJECT / "docker-compose.yaml"
PATIENCE = 600
"""Seconds for a service to become healthy, whatever its health check would allow: a machine may be busy."""
STOP = 30


class NotUp(Exception):
    """A service did not come to what the file says of it."""


def read_compose(variables: Mapping[str, str], file: Path = FILE) -> dict[str, Any]:
    """The compose file with its variables filled in.

    Raises:
        KeyError: a variable that must be set is not.
    """
    return dict(filled(yaml.safe_load(file.read_text(encoding="utf-8")), variables))


def read_env(file: Path) -> dict[str, str]:
    """The variables of an .env file: `NAME=value`, a line each; a value in single quotes loses them."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: re.sub(r"^'(.*)'$", r"\1", value) for name, _, value in pairs}


def waits_for(service: Mapping[str, Any]) -> dict[str, str]:
    """The services that must be there first, and how, such as `service_healthy`."""
    return {name: str(how["condition"]) for name, how in service.get("depends_on", {}).items()}


def ordered(services: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Services such that each comes after those that it waits for; those of a profile are left out.

    Raises:
        NotUp: one waits for itself, or for one that is not there.
    """
    left = {name: waits_for(service) for name, service in services.items() if not service.get("profiles")}
    done: list[str] = []
    while left:
        ready = [name for name, first in left.items() if first.keys() <= set(done)]
        if not ready:
            raise NotUp(f"no order of {', '.join(sorted(left))}")
        done += ready
        left = {name: first for name, first in left.items() if name not in ready}
    return done


@dataclass
class Compose:
    """The services of the file, below a folder of this machine.

    Attributes:
        root: what volumes and logs of services are put below; kept.
        variables: those of the .env file.
        log: what happened, with the seconds since the start.
        peak: the most memory of each service in MiB (proportional set size).
    """

    root: Path
    variables: Mapping[str, str]
    log: list[tuple[float, str]] = field(default_factory=list)
    peak: dict[str, int] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _begun: float = 0

    def __post_init__(self) -> None:
        """Read the file; give every service its port on this machine."""
        self.file = read_compose(self.variables)
        self.services: dict[str, dict[str, Any]] = self.file["services"]
        self.places = Places(self.root, PROJECT, self.services)

    @property
    def url(self) -> str:
        """Where the interface is."""
        return f"http://127.0.0.1:{self.places.port('api-server', 8080)}"

    def __enter__(self) -> "Compose":
        """Start everything; what began is stopped where something does not come up."""
        try:
            self.up()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        self.stop()

    def up(self, only: Sequence[str] = ()) -> None:
        """Start the services in their order, each once those that it waits for are as it wants them."""
        self._begun = self._begun or time.monotonic()
        for name in ordered(self.services):
            if name in self._running or (only and name not in only):
                continue
            for first, how in waits_for(self.services[name]).items():
                self.wait(first, how)
            if self.services[name].get("restart") == "no":
                self.run(name)
            else:
                self._start(name)
        for name in self._running:
            self.wait(name, "service_healthy")

    def wait(self, name: str, how: str) -> None:
        """Until a service is as another wants it; one that ran to its end (`completed`) did so when it was started."""
        if how != "service_healthy" or f"{name} is healthy" in (what for _, what in self.log):
            return
        check, until = self.services[name]["healthcheck"], time.monotonic() + PATIENCE
        while not self.is_healthy(name):
            self.refuse_dead()
            if time.monotonic() > until:
                raise NotUp(f"{name} did not become healthy; see {self._log_of(name)}")
            time.sleep(min(2.0, seconds(check["interval"])))
        self._note(f"{name} is healthy")

    def is_healthy(self, name: str) -> bool:
        """One run of its health check, as the file has it."""
        check = self.services[name]["healthcheck"]
        how, *words = check["test"]
        command = ["bash", "-c", words[0]] if how == "CMD-SHELL" else words
        command = [self.places.local(word, name) for word in command]
        try:
            done = subprocess.run(
                command, env=self.environment(name), capture_output=True, check=False, timeout=seconds(check["timeout"])
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def run(self, name: str, words: Sequence[str] = ()) -> str:
        """Run a service's command to its end, with other words in place of its own; gives what it printed.

        Raises:
            NotUp: it failed.
        """
        command, log = self.command(name, words), self._log_of(name)
        with log.open("ab") as lines:
            done = subprocess.run(
                command, env=self.environment(name), stdout=subprocess.PIPE, stderr=lines, check=False,
                cwd=self.places.home,
            )  # fmt: skip
            lines.write(done.stdout)
        what = " ".join((name, *words[:4]))  # not further: a password may follow
        self._note(f"{what} ended with {done.returncode}")
        if done.returncode:
            raise NotUp(f"{name} failed; see {log}")
        return done.stdout.decode(errors="replace")

    def command(self, name: str, words: Sequence[str] = ()) -> list[str]:
        """What a service runs: `entrypoint` and its words, or what the image's own entrypoint makes of them."""
        service = self.services[name]
        stated = service.get("command", [])
        own = stated.split() if isinstance(stated, str) else list(stated)
        whole = [*service.get("entrypoint", []), *(words or own)]
        return [self.places.local(word, name) for word in program_of(service, whole)]

    def environment(self, name: str) -> dict[str, str]:
        """What a service sees: what the file gives it and no more of this machine than PATH and HOME."""
        stated = {key: self.places.local(str(value), name) for key, value in self.services[name]["environment"].items()}
        return {**self.places.image(name), **stated, **self.places.ports_of(name)}

    def refuse_dead(self) -> None:
        """Raises NotUp when a service has ended by itself; an engine would start it again."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise NotUp(f"{name} ended by itself with {process.returncode}; see {self._log_of(name)}")

    def weigh(self) -> dict[str, int]:
        """The memory of each service now in MiB, all its processes together; notes the most in `peak`."""
        import psutil

        for name, process in self._running.items():
            with suppress(psutil.Error):
                top = psutil.Process(process.pid)
                total = 0
                for one in (top, *top.children(recursive=True)):
                    with suppress(psutil.Error):
                        total += one.memory_full_info().pss
                self.peak[name] = max(self.peak.get(name, 0), total >> 20)
        return self.peak

    def stop(self) -> None:
        """End the services, the last first, and all that they started."""
        for name in reversed(list(self._running)):
            process = self._running.pop(name)
            _signal(process, signal.SIGINT if name == "postgres" else signal.SIGTERM)  # PostgreSQL: at once, but clean
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP)
            _signal(process, signal.SIGKILL)
            process.wait()
            self._note(f"{name} stopped")

    def _start(self, name: str) -> None:
        command, environment = self.command(name), self.environment(name)
        if self.places.is_postgres(name):
            command = prepare_postgres(self.places, name, environment)
        with self._log_of(name).open("ab") as log:
            # A group of its own, so that whatever it starts ends with it.
            self._running[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=self.places.home,
                **(run_as() if self.places.is_postgres(name) else {}),
            )  # fmt: skip
        self._note(f"{name} started")

    def _log_of(self, name: str) -> Path:
        return self.places.home / f"{name}.log"

    def _note(self, what: str) -> None:
        at = time.monotonic() - (self._begun or time.monotonic())
        self.log.append((round(at, 1), what))
        print(f"{at:7.1f} s  {what}", file=sys.stderr, flush=True)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Told to end, stop the services first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with suppress(KeyboardInterrupt):
        yield


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def main(words: Sequence[str]) -> int:
    """The command line."""
    if len(words) < 2 or words[0] not in ("up", "run"):
        print(__doc__)
        return 2
    root, rest = Path(words[1]), list(words[2:])
    root.mkdir(parents=True, exist_ok=True)
    if "--env" in rest:
        at = rest.index("--env")
        shutil.copy(rest[at + 1], root / "env")
        del rest[at : at + 2]
    compose = Compose(root, read_env(root / "env"))
    if words[0] == "run":
        print(compose.run(rest[0], rest[1:]), end="")
        return 0
    with ended_by_signals(), compose:
        print(f"Airflow: {compose.url}  (Ctrl-C stops it)", flush=True)
        while True:
            compose.refuse_dead()
            compose.weigh()
            time.sleep(2)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
