"""Name the folders of a watch by all that lies in them, and leave none half made.

A run refuses a folder in which another run lies.  A watch has nobody to ask, so whatever can
tell two runs apart is in the folder's name: a try that was killed goes on where it was, and one
with other settings begins beside it, where nothing that was taken in lies.

    home, name, settings, hashes ──own_folder──► home/NAME-a1b2c3 ──run──► sweep ──► it alone
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aoi.outputs.manifest import hash_file
from aoi.runs.ledger import key_of
from aoi.runs.watch_config import Watch

DIGITS = 6
"""Of the hash; paths stay short, and few runs ever lie beside each other."""


def own_folder(home: Path, name: str, **depends: Any) -> Path:
    """Choose the folder of a run.

    Args:
        home: folder of the area.
        name: of what it is about.
        depends: all that its outcome depends on, as JSON can hold it.
    """
    return home / f"{name}-{key_of(**depends)[:DIGITS]}"


def sweep(done: Path) -> None:
    """Remove what tries with other settings, killed or failed, left beside a finished run.

    What has a package stays: it may have been taken in, opened or edited.
    """
    name = done.name[: -DIGITS - 1]
    for other in done.parent.glob(f"{name}-{'[0-9a-f]' * DIGITS}"):
        begun = other != done and (other / ".stockade").is_dir()
        if begun and not (other / "stockade.gpkg").exists():
            shutil.rmtree(other, ignore_errors=True)


def hashes_of(files: tuple[str | Path, ...], known: Mapping[str, str]) -> list[str]:
    """Hash files, but for those of which the hash is known.

    Raises:
        InputError: one cannot be read.
    """
    return [known.get(str(file)) or hash_file(Path(file)) for file in files]


def weights_of(watch: Watch) -> list[str]:
    """Hash the cards of the net and of its change head; each tells its weights' own hash."""
    from models.change_head import BESIDE  # noqa: PLC0415 - torch takes seconds to import
    from models.checkpoint import shipped_weights  # noqa: PLC0415

    net = watch.scan.weights or shipped_weights()
    cards = (net.with_suffix(".toml"), net.with_name(f"{net.stem}{BESIDE}.toml"))
    return [hash_file(card) for card in cards if card.is_file()]
