"""Write KML and KMZ for Google Earth, made to be edited there and taken back.

One folder a verdict: to judge a layout, drag it into another folder, or write behind
``verdict:`` and ``note:`` in its description; a change is judged in its description.  New
outlines go into the last folder.  What the file needs to find its way home (run, id, how many
decisions it shows) stands in its extended data, which Google Earth keeps.  Descriptions are
HTML to Google Earth: what people wrote is escaped in them, and read back as it was.

    Leaving ──► Document ─┬─ Folder a verdict ── Placemark: outline, time, words, picture
                          ├─ Folder of changes ── Placemark: bracket of dates
                          └─ Folder of sites     ──► doc.kml  (+ files/*.jpg ──► .kmz)

Source: OGC 07-147r2, KML 2.2; the order of elements is its schema's.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import geopandas as gpd
import numpy as np
import shapely
from PIL import Image
from shapely.geometry.base import BaseGeometry

from aoi import palette
from aoi.outputs.cards import rows_of
from aoi.outputs.chips import QUALITY, Chip
from aoi.outputs.leaving import Leaving
from aoi.outputs.markup import put, tell
from aoi.outputs.notice import DISCLAIMER
from aoi.palette import Swatch
from aoi.verdicts import VERDICTS
from geo.errors import InputError
from geo.vectors import LONLAT
from geo.write import beside

SPACE = "http://www.opengis.net/kml/2.2"
"""Namespace of KML 2.2."""

UNJUDGED = ("unjudged", "Not judged yet")
"""Key and name of the folder of layouts without a verdict."""

DRAWN = ("drawn", "Draw new layouts here")
"""Key and name of the folder for outlines that nobody found before."""

GOES_ON = "\n\u00a0"
"""Before each further line of a note, a hard space: so no empty line in it ends the note."""

PIXELS = 640
"""Longer side of a picture in a balloon."""

BALLOON = (
    "<h3>$[name]</h3>{picture}<pre style='white-space:pre-wrap'>$[description]</pre>"
    "<p><small>{disclaimer}</small></p>"
)
"""What opens on a click; the description in it stays plain text that a person can edit."""


def write_kml(folder: Path, leaving: Leaving) -> list[Path]:
    """Write one ``.kml``; pictures need a ``.kmz``.

    Raises:
        InputError: the run has no CRS.
        OutputError: the disk is full or the folder is not ours to write.
    """
    path = folder / "stockade.kml"
    with beside(path) as part:
        part.write_bytes(document_of(leaving, pictures=False))
    return [path]


def write_kmz(folder: Path, leaving: Leaving) -> list[Path]:
    """Write one ``.kmz`` with the pictures inside.

    Raises:
        InputError: the run has no CRS.
        OutputError: the disk is full or the folder is not ours to write.
    """
    path = folder / "stockade.kmz"
    with beside(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as bundle:
        put(bundle, "doc.kml", document_of(leaving, pictures=True))
        for name, chip in leaving.chips.items():
            put(bundle, f"files/{name}.jpg", jpeg(chip, pixels=PIXELS))
    return [path]


def document_of(leaving: Leaving, *, pictures: bool) -> bytes:
    """Write the document.

    Raises:
        InputError: the run has no CRS, so nobody knows where on Earth it lies.
    """
    if leaving.crs is None:
        raise InputError(
            "Google Earth needs to know where on Earth a run lies, and this one is in local "
            "metres. Use --as csv, geoparquet or flatgeobuf."
        )
    top = Element("kml", xmlns=SPACE)
    document = SubElement(top, "Document", id="stockade")
    tell(document, "name", leaving.title)
    tell(document, "open", "1")
    tell(document, "description", DISCLAIMER)
    document.extend(_styles(bool(leaving.chips) and pictures))
    document.append(
        _kept(
            {
                "stockade_run": leaving.run_id,
                "stockade_decisions": leaving.decisions,
                "stockade_level": leaving.level,
            }
        )
    )
    document.extend(_verdict_folders(leaving, pictures=pictures))
    document.append(_changes(leaving.layers["changes"]))
    document.append(_sites(leaving.layers["sites"]))
    document.append(_folder(*DRAWN, ()))
    indent(top, " ")
    text: str = tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode("utf-8", "replace")


def jpeg(chip: Chip, *, pixels: int) -> bytes:
    """Encode a picture as a JPEG that holds pixels and nothing else: no EXIF, no place."""
    image = Image.fromarray(np.ascontiguousarray(chip.picture.transpose(1, 2, 0)))
    image.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


def _verdict_folders(leaving: Leaving, *, pictures: bool) -> Iterable[Element]:
    rows = rows_of(leaving.layers["compounds"].to_crs(LONLAT))
    for key, name in (UNJUDGED, *VERDICTS.items()):
        verdict = None if key == UNJUDGED[0] else key
        own = [row for row in rows if row["verdict"] == verdict]
        marks = [_compound(row, leaving, pictures=pictures) for row in own]
        yield _folder(key, name, marks, count=True)


def _compound(row: Mapping[str, Any], leaving: Leaving, *, pictures: bool) -> Element:
    name = str(row["id"])
    exact = name in leaving.exact
    swatch = palette.score_class(row["score"], row["cannot_tell"] or "")
    mark = Element("Placemark", id=name)
    tell(mark, "name", f"{row['rank'] or '–'}. {name}" + ("" if exact else " (about here)"))
    tell(mark, "description", html.escape(_description(row, exact=exact), quote=False))
    _span(mark, row["observed_at"], None)
    tell(mark, "styleUrl", f"#{swatch.key}")
    kept = {
        "id": name, "verdict": row["verdict"], "note": row["note"], "score": row["score"],
        "exact": int(exact),
        "kind": row["kind"], "corroboration": row["corroboration"], "area_ha": row["area_ha"],
        "scene_id": row["scene_id"], "observed_at": row["observed_at"],
    }  # fmt: skip
    if pictures and name in leaving.chips:
        kept["picture"] = f"files/{name}.jpg"
    mark.append(_kept(kept))
    mark.append(geometry_of(row["geometry"]))
    return mark


def _description(row: Mapping[str, Any], *, exact: bool) -> str:
    """Write plain lines: first the two a person may edit, then what was found."""
    lines = _editable(row["verdict"], row["note"])
    if row["score"] is not None:
        lines.append(f"Likeness to a walled compound: {row['score']:.2f} of 1")
    if row["cannot_tell"]:
        lines.append(f"No judgement: {row['cannot_tell']}")
    if not exact:
        lines.append("Shown as the cell of a grid, for nobody has judged it yet.")
    lines += (row["reasons"] or "").splitlines()
    if row["site_name"]:
        lines.append(f"Register: {row['site_name']}. {row['match_note'] or ''}".strip())
    lines.append(f"Seen: {row['observed_at'] or 'date not known'}, {row['scene_id'] or ''}")
    return "\n".join(lines)


def _editable(verdict: str | None, note: str | None) -> list[str]:
    """Write the lines that a person may edit, and the empty one that ends them."""
    told = re.sub(r"\r\n?|\n", GOES_ON, note or "")
    return [f"verdict: {verdict or ''}", f"note: {told}", ""]


def _changes(rows: gpd.GeoDataFrame) -> Element:
    marks = []
    for row in rows_of(rows.to_crs(LONLAT)):
        mark = Element("Placemark", id=f"change-{row['id']}")
        tell(mark, "name", f"{row['kind']} {row['id']}")
        sure = "not known" if row["confidence"] is None else f"{row['confidence']:.2f}"
        when = f"Between {row['last_without'] or '?'} and {row['first_with'] or '?'}"
        lines = _editable(row["verdict"], row["verdict_note"])
        lines.append(f"{when}, confidence {sure}. {row['note'] or ''}".strip())
        tell(mark, "description", html.escape("\n".join(lines), quote=False))
        _span(mark, row["last_without"], row["first_with"])
        tell(mark, "styleUrl", f"#change-{row['kind']}")
        kept = {"id": row["id"], "layer": "changes", "verdict": row["verdict"],
                "note": row["verdict_note"]}  # fmt: skip
        mark.append(_kept(kept))
        mark.append(geometry_of(row["geometry"]))
        marks.append(mark)
    return _folder("changes", "Changes", marks, count=True)


def _sites(rows: gpd.GeoDataFrame) -> Element:
    marks = []
    for row in rows_of(rows.to_crs(LONLAT)):
        if row["geometry"] is None or row["geometry"].is_empty:
            continue
        mark = Element("Placemark", id=f"site-{row['id']}")
        tell(mark, "name", row["name"] or row["id"])
        words = [row["status"], row["aliases"], row["note"], row["sources"]]
        tell(mark, "description", "\n".join(word for word in words if word))
        tell(mark, "styleUrl", "#site")
        mark.append(geometry_of(row["geometry"]))
        marks.append(mark)
    return _folder("sites", "Registered sites, as public sources place them", marks)


def _styles(pictures: bool) -> Iterable[Element]:  # noqa: FBT001 - one caller
    balloon = BALLOON.format(
        picture="<p><img src='$[picture]' width='480'/></p>" if pictures else "",
        disclaimer=DISCLAIMER,
    )
    for swatch in (*palette.SCORES, palette.CANNOT_TELL):
        yield _style(swatch.key, swatch, fill=48, balloon=balloon)
    for swatch in palette.CHANGES:
        yield _style(f"change-{swatch.key}", swatch, fill=110)
    yield _style("site", palette.STATUSES[0], fill=0)


def _style(key: str, swatch: Swatch, *, fill: int, balloon: str = "") -> Element:
    """Colours of KML run backwards: opacity, blue, green, red."""
    red, green, blue = (swatch.colour[i : i + 2] for i in (1, 3, 5))
    style = Element("Style", id=key)
    line = SubElement(style, "LineStyle")
    tell(line, "color", f"ff{blue}{green}{red}")
    tell(line, "width", "2.5")
    area = SubElement(style, "PolyStyle")
    tell(area, "color", f"{fill:02x}{blue}{green}{red}")
    if balloon:
        tell(SubElement(style, "BalloonStyle"), "text", balloon)
    return style


def _folder(key: str, name: str, marks: Iterable[Element], *, count: bool = False) -> Element:
    listed = list(marks)
    folder = Element("Folder", id=f"folder-{key}")
    tell(folder, "name", f"{name} ({len(listed)})" if count else name)
    folder.extend(listed)
    return folder


def _span(mark: Element, begin: str | None, end: str | None) -> None:
    if begin or end:
        span = SubElement(mark, "TimeSpan")
        for tag, time in (("begin", begin), ("end", end)):
            if time:
                tell(span, tag, time)


def _kept(values: Mapping[str, Any]) -> Element:
    """Write what the file needs to find its way home."""
    top = Element("ExtendedData")
    for name, value in values.items():
        if value is not None:
            tell(SubElement(top, "Data", name=name), "value", f"{value}")
    return top


def geometry_of(shape: BaseGeometry) -> Element:
    """Write a polygon, or several, in degrees to a centimetre; outer rings run left."""
    parts = [_polygon(part) for part in shapely.get_parts(shape)]
    if len(parts) == 1:
        return parts[0]
    top = Element("MultiGeometry")
    top.extend(parts)
    return top


def _polygon(part: BaseGeometry) -> Element:
    top = Element("Polygon")
    tell(top, "tessellate", "1")
    outer, *holes = shapely.get_rings(shapely.orient_polygons(part))
    for tag, ring in (("outerBoundaryIs", outer), *(("innerBoundaryIs", h) for h in holes)):
        corners = " ".join(f"{x:.7f},{y:.7f}" for x, y in shapely.get_coordinates(ring))
        tell(SubElement(SubElement(top, tag), "LinearRing"), "coordinates", corners)
    return top
