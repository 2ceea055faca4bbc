"""A real STAC API on loopback: stac-fastapi-pgstac on PostgreSQL with PostGIS.

Wants Debian's ``postgresql-15-postgis-3`` and a virtual environment with stac-fastapi-pgstac,
pypgstac[psycopg] and uvicorn, named by STOCKADE_PGSTAC or lying in ``.venv/pgstac``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT

BIN = Path("/usr/lib/postgresql/15/bin")
"""Where Debian keeps PostgreSQL's programs."""

POSTGIS = Path("/usr/share/postgresql/15/extension/postgis.control")
"""There when PostGIS is."""

CLOUD = """set search_path=pgstac,public;
INSERT INTO queryables(name, definition, property_wrapper, property_index_type)
VALUES ('eo:cloud_cover', '{"type": "number"}', 'to_float', 'BTREE')"""
"""Without it cloud is compared as text: 8 would be more than 72."""


def environment() -> Path:
    """Give the virtual environment of the API."""
    return Path(os.environ.get("STOCKADE_PGSTAC", ROOT / ".venv/pgstac"))


def is_there() -> bool:
    """Tell whether all that it takes is installed."""
    programs = (BIN / "initdb", POSTGIS, environment() / "bin/pypgstac")
    return all(program.exists() for program in programs)


def free_port() -> int:
    """Find a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, collections: list[dict], items: list[dict]) -> Iterator[str]:
    """Start a database and the API over it; give its address; take both down in the end.

    Args:
        folder: of the test; the database lies in one of its own that ``postgres`` may read.
        collections: to be loaded.
        items: likewise.
    """
    # Not under pytest's folder, which the user postgres may not enter.
    home = Path(tempfile.mkdtemp(prefix="stockade-pg-"))
    port, api = free_port(), free_port()
    words = os.environ | {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGUSER": "postgres",
        "PGPASSWORD": "x",
        "PGDATABASE": "stac",
    }
    as_owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    home.chmod(0o755)
    if as_owner:
        shutil.chown(home, "postgres")

    def do(*command: str | Path, owner: bool = False) -> None:
        subprocess.run(
            [*(as_owner if owner else []), *map(str, command)],
            env=words,
            check=True,
            cwd="/",
            capture_output=True,
            timeout=120,
        )

    server: subprocess.Popen[bytes] | None = None
    try:
        do(BIN / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", owner=True)
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} "
            "-c fsync=off -c synchronous_commit=off"
        )
        do(
            BIN / "pg_ctl",
            "-D",
            home / "data",
            "-w",
            "-l",
            home / "log",
            "-o",
            options,
            "start",
            owner=True,
        )
        own = environment() / "bin"
        do(BIN / "createdb", "stac")
        do(own / "pypgstac", "migrate")
        do(BIN / "psql", "-qc", CLOUD)
        for kind, rows in (("collections", collections), ("items", items)):
            path = folder / f"{kind}.ndjson"
            path.write_text("\n".join(json.dumps(row) for row in rows))
            do(own / "pypgstac", "load", kind, path, "--method", "upsert")
        server = subprocess.Popen(
            [
                own / "uvicorn",
                "--factory",
                "stac_fastapi.pgstac.app:create_app",
                "--host",
                "127.0.0.1",
                "--port",
                str(api),
                "--log-level",
                "error",
            ],
            env=words,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{api}"
        _wait(f"{url}/_mgmt/ping")
        yield url
    finally:
        if server is not None:
            server.terminate()
            server.wait(20)
        if (home / "data").exists():
            subprocess.run(
                [
                    *as_owner,
                    str(BIN / "pg_ctl"),
                    "-D",
                    str(home / "data"),
                    "-m",
                    "fast",
                    "stop",
                ],
                check=False,
                capture_output=True,
                cwd="/",
                timeout=60,
            )
        shutil.rmtree(home, ignore_errors=True)


def _wait(url: str) -> None:
    """Wait until somebody answers."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(url)
