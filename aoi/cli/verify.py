"""``stockade verify``: prove that nothing was touched, or name the first thing that was."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from aoi.cli.options import AsJson
from aoi.counted import counted


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Of a run, or of an export.")],
    *,
    sign: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="Then seal it with this key.")
    ] = None,
    seal: Annotated[
        bool, typer.Option("--seal", help="Then seal it without a signature.")
    ] = False,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", metavar="FILE", help="Make a key for --sign.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", metavar="TEXT", help="Public key that must have signed.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check every hash, the chain of decisions, the manifest and the signature of a run.

    Exit code 0: all is as it was written. 3: whole in all that counts, with remarks, such as a
    package that QGIS opened. 1: broken; the first broken link is named.

    Example: stockade verify run --sign desk.pem
    """
    from aoi.runs.verify import State
    from aoi.runs.verify import verify as follow
    from aoi.runs.verify_seal import seal_run

    if new_key is not None:
        from aoi.outputs.custody import make_key

        typer.echo(f"Made {new_key}; publish this public key: {make_key(new_key)}")
        sign = sign or new_key
    custody = follow(folder, key=key)
    if (sign or seal) and custody.broken is None:
        public = seal_run(folder, sign, at=datetime.now(UTC))
        custody = follow(folder, key=key)
        typer.echo(
            f"Sealed{f' by {public}' if public else ''}; seal.tsq asks for a time stamp."
        )
    if as_json:
        record = {
            "code": custody.code,
            "broken": custody.broken and asdict(custody.broken),
            "checks": [asdict(check) for check in custody.checks],
        }
        typer.echo(json.dumps(record, indent=1))
        raise typer.Exit(custody.code)
    for check in custody.checks:
        if check.state is not State.WHOLE:
            typer.echo(f"{check.state}: {check.what}. {check.why}")
    whole = sum(check.state is State.WHOLE for check in custody.checks)
    told = f"{whole} of {counted(len(custody.checks), 'link')} whole."
    if custody.broken:
        told = f"BROKEN at {custody.broken.what}: {custody.broken.why} {told}"
    typer.echo(told)
    raise typer.Exit(custody.code)
