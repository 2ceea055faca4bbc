"""Ways to damage a run, one thing at a time, and to edit its package as QGIS would."""

# ruff: noqa: S608 - statements are put together from the tests' own words

import random
import sqlite3
from contextlib import closing

from aoi.runs.verify import verify

NUMBERS = {"coverage": "valid_share", "changes": "confidence", "yards": "closure"}
"""A number of each layer that somebody might want to be another; ``score`` elsewhere."""


def edit(path, *statements):
    """Edit a package; the triggers of its spatial index call functions that only GDAL has."""
    with closing(sqlite3.connect(path)) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger' AND name LIKE 'rtree%'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            db.execute(statement)
        db.commit()


def files_of(run, *others):
    """Name every file that a manifest or a log answers for, and pictures elsewhere."""
    found = [p for p in run.rglob("*") if p.is_file() and ".lock" not in p.name]
    shown = [p for p in found if ".stockade" not in p.relative_to(run).parts]
    return sorted([*shown, *others])


def filled_layers(package):
    """Name the layers that hold something."""
    with closing(sqlite3.connect(package)) as db:
        names = ("compounds", "buildings", "walls", "changes", "coverage")
        return [n for n in names if db.execute(f"SELECT count(*) FROM {n}").fetchone()[0]]


def tamper(path, whole, rng, turn):
    """Change one thing; tell which."""
    if turn == 9:
        path.unlink()
        return "gone"
    if path.suffix == ".gpkg" and turn % 3:
        layer = rng.choice(filled_layers(path))
        column = NUMBERS.get(layer, "score")
        change = (f"DELETE FROM {layer} WHERE fid = 1", f"UPDATE {layer} SET {column} = 0.111")
        edit(path, change[turn % 2])
        return f"row of {layer}"
    if path.name == "decisions.jsonl" and turn % 3:
        lines = whole.splitlines(keepends=True)
        del lines[rng.randrange(len(lines))]
        path.write_bytes(b"".join(lines))
        return "decision removed"
    at = rng.randrange(len(whole))
    path.write_bytes(
        whole[:at] + bytes([whole[at] ^ (1 << rng.randrange(8))]) + whole[at + 1 :]
    )
    return f"byte {at}"


def missed(run, *others, times=100, seed=11):
    """Tamper with a run so many times, one thing at a time, putting each back.

    Returns:
        What ``verify`` did not find, and what it found and did not call broken.
    """
    rng = random.Random(seed)  # noqa: S311 - the same lots every time
    files, unseen = files_of(run, *others), []
    for number in range(times):
        path = files[number % len(files)]
        whole = path.read_bytes()
        what = tamper(path, whole, rng, number // len(files))
        custody = verify(run)
        moved = what == "gone" and path in others  # it still lies where it was read
        if custody.code == 0 and not moved:
            unseen.append((path.name, what))
        must = what.startswith(("row", "decision")) or (what == "gone" and run in path.parents)
        if must and not custody.broken:
            unseen.append((path.name, what, "not called broken"))
        path.write_bytes(whole)
        for journal in run.glob("*.gpkg-*"):
            journal.unlink()
    return unseen
