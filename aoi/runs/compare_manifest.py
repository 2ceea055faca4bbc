"""Record what a comparison was made of: pictures, registration, brightness, net, counts.

PairRun, ledger ──► Manifest
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import geopandas as gpd

from aoi.outputs.manifest import (
    Input,
    Manifest,
    hash_file,
    input_of,
    outputs_of,
    utc,
    versions_of,
)
from aoi.runs.compare import PairRun
from aoi.runs.compare_rows import DATES
from aoi.runs.fingerprint import beside_inputs
from geo.change.weights import shipped


def manifest_of(run: PairRun, ledger: gpd.GeoDataFrame, telling: float) -> Manifest:
    """Record what was done, with what, and what came of it."""
    card = run.judge.card
    kinds = ledger["kind"].value_counts()
    seen = [float((codes == 0).mean()) for codes in run.compared.codes]
    area = run.frames.grid.extent.geom.area / 1e4
    return Manifest(
        run_id=run.folder.run_id,
        command=run.command,
        started=utc(run.started),
        finished=utc(datetime.now(UTC)),
        parameters={
            **run.request.parameters(),
            "device": str(run.judge.device),
            "registration": _registration(run),
            "radiometry": {
                "gain": [round(v, 4) for v in run.compared.match.gain],
                "offset": [round(v, 3) for v in run.compared.match.offset],
                "unchanged_share": round(run.compared.match.unchanged, 4),
            },
            "decided_by": {
                "fitted_to": shipped().fitted_to,
                "change_head": run.head and run.head.card.get("weights_sha256"),
            },
        },
        inputs=tuple(_inputs(run)),
        outputs=outputs_of(run.folder.path),
        versions=versions_of(),
        model={
            "name": card.name,
            "version": card.version,
            "card": card.digest,
            "weights": card.weights_sha256,
        },
        areas=tuple(
            {"name": name, "asked_ha": round(area, 4), "seen_ha": round(area * share, 4)}
            for name, share in zip(run.frames.names, seen, strict=True)
        ),
        timings={"comparing_s": round(run.seconds, 3), "telling_s": round(telling, 3)},
        counts={str(kind): int(count) for kind, count in kinds.items()},
        notes=(*run.notes, *run.gaps),
    )


def _registration(run: PairRun) -> Mapping[str, object]:
    """Tell how the pictures were laid onto each other."""
    found = run.registration
    rest = found.residual_px
    return {
        "rule": found.rule,
        "moved": DATES[run.frames.moving],
        "matrix": found.matrix.round(6).tolist(),
        "shift_px": [round(v, 3) for v in found.shift_px],
        "turn_degrees": round(found.turn, 4),
        "quality": round(found.quality, 4),
        "windows": found.agreeing,
        "residual_px": None if math.isnan(rest) else round(rest, 4),
    }


def _inputs(run: PairRun) -> Iterable[Input]:
    frames = run.frames
    for which, image in enumerate(frames.images):
        taken = frames.times[which]
        yield Input(
            path=str(image.path),
            sha256=hash_file(image.path),
            size=image.path.stat().st_size,
            scene_id=frames.names[which],
            observed_at=None if taken is None else utc(taken),
            gsd_m=round(frames.gsds[which], 4),
            credit=run.request.credits[which],
            stretch=frames.stretches[which].to_dict(),
        )
    yield from beside_inputs(frames.images)
    if run.request.buildings is not None:
        yield input_of(run.request.buildings, role="buildings")
    if run.request.weights is not None:
        yield input_of(run.request.weights, role="weights")
