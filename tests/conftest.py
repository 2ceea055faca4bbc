"""What every test may lean on: real data when it is there, and no network ever."""

import importlib
import os
import socket
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):  # the same examples every time; laptops go on searching
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""


ASIDE = ("online", "gpu")
"""Marks of tests that are left out unless ``-m`` names them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks real services or an accelerator, whatever else ``-m`` says."""
    unasked = [mark for mark in ASIDE if mark not in config.getoption("markexpr")]
    aside = [item for item in items if any(map(item.get_closest_marker, unasked))]
    if aside:
        config.hook.pytest_deselected(items=aside)
        items[:] = [item for item in items if item not in aside]


def needs(there: object, what: str) -> None:
    """Skip with a reason on a laptop; fail in CI, where nothing may be missing."""
    if there:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")


def needs_package(name: str) -> ModuleType:
    """Import a module that only some tests want; skip or fail as ``needs`` does."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: a C library of its is missing
        needs(there=False, what=f"the package {name} ({error})")
        raise  # never reached


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real imagery: STOCKADE_DATA, or ``shared/data`` beside the checkout."""
    folder = Path(os.environ.get("STOCKADE_DATA", ROOT.parent / "shared" / "data"))
    needs((folder / "vhr").is_dir(), f"real imagery in {folder} (set STOCKADE_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    if request.node.get_closest_marker("online"):
        return
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        if self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost"):
            return connect(self, address)
        raise AssertionError(f"a test tried to reach {address}")

    monkeypatch.setattr(socket.socket, "connect", local_only)
