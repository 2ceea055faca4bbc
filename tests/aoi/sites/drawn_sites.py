"""Layouts and sites drawn in local metres: a layout is a square of 100 m, a site a disc."""

import geopandas as gpd
import numpy as np
from shapely.geometry import Point, Polygon, box

from aoi.sites.site import Registry, Site

WORLD = box(-50_000, -50_000, 50_000, 50_000)
"""More than any test needs to have looked at."""

SITE_OUTCOMES = {"known_seen", "known_unchanged", "known_not_observable", "known_not_detected"}


def square(x, y, side=100.0):
    return box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def layouts(*rows, crs=None):
    """Layouts as (id, x, y), (id, x, y, score) or (id, polygon, score)."""
    ids, shapes, scores = [], [], []
    for row in rows:
        ids.append(row[0])
        drawn = isinstance(row[1], Polygon)
        shapes.append(row[1] if drawn else square(*row[1:3]))
        scores.append(row[-1] if drawn or len(row) == 4 else 0.9)
    frame = {"id": ids, "score": np.array(scores, dtype=float)}
    return gpd.GeoDataFrame(frame, geometry=np.array(shapes, dtype=object), crs=crs)


def sites(*rows, crs=None):
    """Sites as (id, x, y, radius) or (id, x, y, radius, precision) or (id, outline)."""
    people = []
    for name, *place in rows:
        words = {"id": name, "name": f"Site {name}"}
        if len(place) == 1:
            people.append(Site(**words, geometry=place[0]))
            continue
        x, y, radius, *how = place
        words |= {"geometry": Point(x, y), "precision_m": radius}
        people.append(Site(**words, precision=how[0] if how else "source"))
    return Registry(sites=tuple(people), crs=crs)


def tied(matches):
    found = matches.compounds.dropna(subset="site_id")
    return dict(zip(found["id"], found["site_id"], strict=True))


def outcomes(matches):
    return dict(zip(matches.sites["id"], matches.sites["outcome"], strict=True))


def note(matches, name):
    rows = {**matches.compounds.set_index("id")["match_note"]}
    rows |= {**matches.sites.set_index("id")["note"]}
    return rows[name]
