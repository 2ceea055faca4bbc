"""Watches places: areas, sites, runs, hand-over, review and the command line.

``geo`` and ``models`` are short names, and Python takes the first folder of that name it meets.
So before anything else this package looks whether the two it would get are ours, without
importing them, and names the folder that stands in the way.
"""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

OURS = ("geo", "models")
"""The packages Stockade stands on; they lie beside this one."""


def _folder_of(spec: ModuleSpec | None) -> Path | None:
    """Where Python would take a package from; none when there is no such package."""
    places = list(spec.submodule_search_locations or [spec.origin or ""]) if spec else []
    return Path(places[0]).resolve() if places else None


def _guard(name: str, home: Path) -> None:
    """Raise a sentence when ``name`` is missing or is somebody else's package."""
    try:
        found = _folder_of(find_spec(name))
    except ValueError:  # a module put together by hand carries no spec
        found = None
    if found == home / name:
        return
    if found is None:
        raise ImportError(
            f"Stockade needs its own package {name!r} in {home}, and it is not there. "
            "Install Stockade again from where you had it."
        )
    raise ImportError(
        f"Stockade needs its own package {name!r} from {home}, but Python found {found}, which "
        f"stands in the way. Rename or leave that folder, or take it out of PYTHONPATH."
    )


for _name in OURS:
    _guard(_name, Path(__file__).resolve().parents[1])
