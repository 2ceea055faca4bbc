"""A Sentinel Hub on loopback: tokens, catalogue, and the Process API running real evalscripts.

It stands for the protocol only and says nothing of the real service's quotas or data.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections import Counter, deque
from datetime import datetime
from urllib.parse import parse_qs

import numpy as np
import quickjs
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds

from tests.geo.sources.hostile import Handler, Server

SECRET = "s3cret"  # noqa: S105 - the server's own
"""What the client must know."""


class HubServer(Server):
    """Answers like the service; ``bad`` holds statuses to answer with first."""

    def __init__(self) -> None:
        """Begin without scenes."""
        super().__init__()
        self.tokens: set[str] = set()
        self.features: list[dict] = []
        self.hits: Counter[str] = Counter()
        self.bad: deque[tuple[int, dict]] = deque()
        self.asked: list[dict] = []
        self.spoil(*[answer] * 500)


def answer(handler: Handler, _: bytes) -> bool:
    """Route a request."""
    server: HubServer = handler.server  # type: ignore[assignment]
    if handler.path.endswith("/token"):
        return _token(server, handler)
    if handler.headers.get("Authorization", "").removeprefix("Bearer ") not in server.tokens:
        return _json(handler, 401, {"error": {"status": 401, "message": "Unauthorized"}})
    if server.bad:
        status, told = server.bad.popleft()
        return _json(handler, status, told, Retry_After="200")
    if handler.path.endswith("/search"):
        server.hits["search"] += 1
        return _json(handler, 200, _search(server, json.loads(handler.question)))
    server.hits["process"] += 1
    server.asked.append(json.loads(handler.question))
    handler.plain(200, _process(server.asked[-1]), Content_Type="image/tiff")
    return True


def _token(server: HubServer, handler: Handler) -> bool:
    """Give a token to whoever knows the secret, in the form or in the header."""
    server.hits["token"] += 1
    basic = handler.headers.get("Authorization", "").removeprefix("Basic ")
    form = parse_qs(handler.question.decode())
    known = base64.b64decode(basic).decode().endswith(f":{SECRET}") if basic else False
    if not known and form.get("client_secret") != [SECRET]:
        return _json(handler, 401, {"error": "invalid_client"})
    token = secrets.token_hex(8)
    server.tokens.add(token)
    words = {"expires_in": 3600, "expires_at": 4102444800, "token_type": "Bearer"}
    return _json(handler, 200, {"access_token": token} | words)


def _json(handler: Handler, status: int, told: dict, **headers: str) -> bool:
    headers |= {"Content_Type": "application/json"}
    handler.plain(status, json.dumps(told).encode(), **headers)
    return True


def _search(server: HubServer, question: dict) -> dict:
    first, last = (datetime.fromisoformat(t) for t in question["datetime"].split("/"))
    west, south, east, north = question["bbox"]
    hits = []
    for feature in server.features:
        w, s, e, n = feature["bbox"]
        time = datetime.fromisoformat(feature["properties"]["datetime"])
        if first <= time <= last and w <= east and e >= west and s <= north and n >= south:
            hits.append(feature)
    return {"type": "FeatureCollection", "features": hits, "context": {"returned": len(hits)}}


def _process(question: dict) -> bytes:
    """Run the evalscript on pixels whose red is the row and blue the column, in metres / 10."""
    bounds, out = question["input"]["bounds"], question["output"]
    west, south, east, north = bounds["bbox"]
    width, height = out["width"], out["height"]
    script = quickjs.Context()
    script.eval(question["evalscript"].replace("//VERSION=3", ""))
    setup = json.loads(script.eval("JSON.stringify(setup())"))
    names = setup["input"][0]["bands"]
    kind = {"UINT8": "uint8", "UINT16": "uint16", "FLOAT32": "float32"}[
        setup["output"]["sampleType"]
    ]
    xs = west + (np.arange(width) + 0.5) * (east - west) / width
    ys = north - (np.arange(height) + 0.5) * (north - south) / height
    planes = {name: np.full((height, width), 4.0) for name in names}
    if "B04" in planes:
        planes["B04"] = np.broadcast_to(ys[:, None] // 10 % 5000, (height, width))
    if "B02" in planes:
        planes["B02"] = np.broadcast_to(xs[None] // 10 % 5000, (height, width))
    if "VV" in planes:
        planes["VV"], planes["VH"] = (np.full((height, width), v) for v in (0.1, 0.01))
    planes["dataMask"] = np.broadcast_to((xs[None] >= west), (height, width)).astype(float)
    script.eval("function run(j){const p=JSON.parse(j);const n=Object.keys(p);const r=[];"
                "for(let i=0;i<p[n[0]].length;i++){const s={};for(const k of n)s[k]=p[k][i];"
                "r.push(evaluatePixel(s))}return JSON.stringify(r)}")  # fmt: skip
    told = json.dumps({name: planes[name].ravel().tolist() for name in names})
    pixels = np.array(json.loads(script.get("run")(told)), float)
    bands = pixels.T.reshape(setup["output"]["bands"], height, width).astype(kind)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=width, height=height, count=len(bands), dtype=kind,
            crs=f"EPSG:{bounds['properties']['crs'].rpartition('/')[2]}",
            transform=from_bounds(west, south, east, north, width, height),
        ) as file:  # fmt: skip
            file.write(bands)
        return memory.read()
