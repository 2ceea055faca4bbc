"""Look whether this machine can do the work.

Each check is one sentence of what was found and, where something is amiss, one of what to do.
Nothing is changed and nothing leaves the machine.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from geo.errors import ModelError

NEEDED = ("numpy", "rasterio", "geopandas", "pyogrio", "shapely", "torch", "torchvision")
"""The packages whose absence or clash is met most often."""

ROOM = 2 * 2**30
"""Bytes of free disk below which a run of a large scene may not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one check."""

    what: str
    """What was looked at."""

    found: str
    """What is there."""

    ok: bool = True
    """False when a scan could not run."""

    advice: str = ""
    """What to do, or what it means."""


def examine() -> list[Finding]:
    """Make every check; never raises for what it finds."""
    return [_python(), *_packages(), _gdal(), _weights(), _processor(), _gpu(), _disk()]


def _python() -> Finding:
    return Finding(what="Python", found=f"{platform.python_version()} on {platform.platform()}")


def _packages() -> list[Finding]:
    findings = []
    for name in NEEDED:
        try:
            findings.append(Finding(what=name, found=version(name)))
        except PackageNotFoundError:
            findings.append(
                Finding(what=name, found="missing", ok=False, advice=f"pip install {name}")
            )
    return findings


def _gdal() -> Finding:
    import pyogrio  # noqa: PLC0415  # a broken GDAL must not break the report

    return Finding(what="GDAL", found=str(pyogrio.__gdal_version_string__))


def _weights() -> Finding:
    from models.checkpoint import load_net  # noqa: PLC0415  # as above, for torch

    try:
        card = load_net().card
    except ModelError as error:
        return Finding(what="weights", found=str(error), ok=False, advice="Install again.")
    return Finding(
        what="weights",
        found=f"{card.name} {card.version}, {card.gsd_m} m, card {card.digest[:10]}",
    )


def _processor() -> Finding:
    from models.machine import describe_cpu  # noqa: PLC0415

    return Finding(what="processor", found=describe_cpu())


def _gpu() -> Finding:
    from models.machine import describe_gpu  # noqa: PLC0415

    found = describe_gpu()
    advice = "" if found else "Not needed: the shipped net runs on the processor."
    return Finding(what="GPU", found=found or "none", advice=advice)


def _disk() -> Finding:
    folder = os.environ.get("TMPDIR", tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    return Finding(
        what="free disk",
        found=f"{free / 2**30:.1f} GiB in {folder}",
        ok=free > ROOM,
        advice=""
        if free > ROOM
        else "Free some space: scores of a large scene need gigabytes.",
    )
