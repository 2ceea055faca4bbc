"""Lose nobody's evening in QGIS when a run is told again.

A run that is told again writes its package anew.  If somebody edited that very file and did not
take the edits back yet, telling it again would throw them away without a word.

    stockade.gpkg + decision log ──► edits that stand nowhere else ──► refused, or kept beside
"""

from __future__ import annotations

import logging
import shutil
from itertools import count
from pathlib import Path

from aoi.runs.verify_package import loose_edits
from geo.errors import InputError, UsageError

log = logging.getLogger(__name__)

PACKAGE = "stockade.gpkg"
"""What people edit."""

SHOWN = 3
"""Layouts named in a sentence."""


def mind_edits(path: Path, run_id: str, *, overwrite: bool) -> None:
    """Refuse to lose edits, or keep a copy of them where a run is to be thrown away.

    Args:
        path: folder of the run.
        run_id: whose decisions lie there.
        overwrite: the run is to be thrown away; its edited package is then kept beside it.

    Raises:
        OSError: the copy cannot be written.
        UsageError: the package holds edits that were not taken back.
    """
    package = path / PACKAGE
    if not package.is_file():
        return
    try:
        loose = loose_edits(path, package, run_id)
    except InputError:
        return  # older than this memory, or damaged: verify tells, and nothing can be compared
    if not loose:
        return
    named = ", ".join(loose[:SHOWN]) + (" and others" if len(loose) > SHOWN else "")
    if not overwrite:
        raise UsageError(
            f"{package} was edited since it was written ({named}), and telling this run again "
            f"would lose that. Take the edits back first: stockade import {path} {package}"
        )
    copy = next(
        free
        for number in count(1)
        if not (free := path.with_name(f"{path.name}-edited-{number}.gpkg")).exists()
    )
    shutil.copyfile(package, copy)
    log.warning("edits of %s that were never imported are kept in %s", named, copy)
