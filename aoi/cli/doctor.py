"""``stockade doctor``: can this machine do the work, and with what?"""

from __future__ import annotations

import json
from typing import Annotated

import typer


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check the installation: packages, weights, processor, GPU, disk.

    Exit code 0 when everything needed is there, 1 when something is missing.
    """
    from aoi.runs.health import examine

    findings = examine()
    if as_json:
        rows = [
            {"what": f.what, "ok": f.ok, "found": f.found, "advice": f.advice} for f in findings
        ]
        typer.echo(json.dumps(rows, indent=1))
    else:
        for finding in findings:
            mark = "ok  " if finding.ok else "BAD "
            typer.echo(f"{mark} {finding.what}: {finding.found}")
            if finding.advice:
                typer.echo(f"     {finding.advice}")
    raise typer.Exit(0 if all(f.ok for f in findings) else 1)
