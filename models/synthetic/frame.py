"""Turn, cut and shrink outlines: the geometry under every plan.

Everything is convex until a generator says otherwise: a town is its ground cut by streets, a
block is cut into plots, a park into cells.  Convex rings are cut by half-planes exactly, which
is far quicker than general polygons.

    ring (N, 2) ──cut──► blocks ──cut──► plots        Frame: (u, v) of a site ──► (x, y)

Source: half-plane clipping, Sutherland and Hodgman, CACM 17(1), 1974.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon

from models.synthetic.shapes import Ring


@dataclass(frozen=True, slots=True)
class Frame:
    """Axes of a site: u to its right, v to its rear, metres from its centre."""

    x: float
    y: float
    angle: float = 0.0
    """Degrees counter-clockwise from x to u."""

    def at(self, points: object) -> Ring:
        """Carry (N, 2) u, v to x, y."""
        uv = np.asarray(points, float).reshape(-1, 2)
        c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        turned: Ring = uv @ np.array([[c, s], [-s, c]]) + (self.x, self.y)
        return turned

    def shift(self, u: float, v: float, turn: float = 0.0) -> Frame:
        """Move the axes to another place of the site, and turn them."""
        [[x, y]] = self.at([(u, v)])
        return Frame(float(x), float(y), self.angle + turn)

    def box(self, u0: float, v0: float, u1: float, v1: float) -> Polygon:
        """Draw a rectangle along the axes."""
        return Polygon(self.at([(u0, v0), (u1, v0), (u1, v1), (u0, v1)]))

    def block(self, width: float, depth: float) -> Polygon:
        """Draw a rectangle about the origin."""
        return self.box(-width / 2, -depth / 2, width / 2, depth / 2)

    def line(self, points: object) -> LineString:
        """Draw a polyline."""
        return LineString(self.at(points))

    def polygon(self, points: object) -> Polygon:
        """Draw an outline."""
        return Polygon(self.at(points))


def ring_of(polygon: Polygon) -> Ring:
    """Return the outer ring of a polygon, counter-clockwise and not closed."""
    ring = np.asarray(polygon.exterior.coords, float)[:-1]
    return ring if polygon.exterior.is_ccw else ring[::-1]


def area_of(ring: Ring) -> float:
    """Measure a ring in square metres; negative when clockwise."""
    corners = ring.tolist()
    twice = 0.0
    for (x, y), (u, v) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        twice += x * v - u * y
    return float(twice / 2)


def after(ring: Ring) -> Ring:
    """Return for each corner the next one."""
    return np.concatenate([ring[1:], ring[:1]])


def clip(ring: Ring, point: Ring, normal: Ring) -> Ring:
    """Keep the part of a convex ring on the side of ``point`` that ``normal`` points to."""
    px, py, nx, ny = float(point[0]), float(point[1]), float(normal[0]), float(normal[1])
    corners = ring.tolist()
    away = [(x - px) * nx + (y - py) * ny for x, y in corners]
    kept: list[tuple[float, float]] = []
    for i, (x, y) in enumerate(corners):
        j = (i + 1) % len(corners)
        if away[i] >= 0:
            kept.append((x, y))
        if (away[i] >= 0) != (away[j] >= 0):
            t = away[i] / (away[i] - away[j])
            kept.append((x + (corners[j][0] - x) * t, y + (corners[j][1] - y) * t))
    return np.array(kept) if len(kept) > 2 else np.empty((0, 2))


def shrink(ring: Ring, by: float) -> Ring:
    """Move every edge of a convex ring inwards by ``by`` metres; empty when nothing is left.

    The first edge of what is left lies before the first edge of the ring, where it survives.
    """
    out = ring
    for a, b in zip(ring, after(ring), strict=True):
        along = b - a
        long = math.hypot(*along)
        if long < 1e-6 or len(out) == 0:
            continue
        inward = np.array([-along[1], along[0]]) / long
        out = clip(out, a + inward * by, inward)
    if len(out) == 0:
        return out
    edges = after(out) - out
    edges /= np.maximum(np.hypot(*edges.T), 1e-9)[:, None]
    first = int(np.argmax(edges @ (ring[1] - ring[0])))
    return np.concatenate([out[first:], out[:first]])


def axes_of(ring: Ring) -> tuple[Frame, float, float]:
    """Find the frame, width and depth of a ring along its longest edge, width the longer."""
    edges = after(ring) - ring
    u, v = edges[int(np.argmax((edges**2).sum(1)))]
    x, y = ring.mean(0)
    frame = Frame(float(x), float(y), math.degrees(math.atan2(v, u)))
    turn = Frame(0, 0, -frame.angle).at(ring - ring.mean(0))
    low, high = turn.min(0), turn.max(0)
    mid = (low + high) / 2
    frame = frame.shift(float(mid[0]), float(mid[1]))
    width, depth = (float(n) for n in high - low)
    if depth > width:
        return Frame(frame.x, frame.y, frame.angle + 90), depth, width
    return frame, width, depth


def cut(ring: Ring, rng: Generator, *, gap: float, skew: float, odd: float) -> list[Ring]:
    """Cut a convex ring across its longer side, leaving a street of ``gap`` metres.

    Args:
        ring: (N, 2).
        rng: where the cut falls.
        gap: metres between the two parts.
        skew: degrees by which the cut may lean.
        odd: 0 cuts in the middle, 0.5 anywhere.
    """
    frame, width, _ = axes_of(ring)
    at = frame.shift(width * rng.uniform(-odd, odd), 0, rng.uniform(-skew, skew))
    [across] = at.at([(1, 0)]) - (at.x, at.y)
    centre = np.array([at.x, at.y])
    halves = (
        clip(ring, centre + across * gap / 2, across),
        clip(ring, centre - across * gap / 2, -across),
    )
    return [half for half in halves if len(half)]


def parcels(
    ring: Ring, rng: Generator, *, area: float, gaps: tuple[float, ...] = (), skew: float = 4
) -> list[Ring]:
    """Cut a convex ring until no part is larger than about ``area``.

    Args:
        ring: (N, 2).
        rng: where the cuts fall.
        area: square metres.
        gaps: metres of street at the first cut, the second ...; 0 after the last.
        skew: degrees by which cuts may lean.
    """
    if area_of(ring) < area * rng.uniform(0.8, 1.6):
        return [ring] if len(ring) and area_of(ring) > area / 12 else []
    gap = gaps[0] if gaps else 0.0
    found: list[Ring] = []
    for part in cut(ring, rng, gap=gap, skew=skew, odd=0.14):
        found += parcels(part, rng, area=area, gaps=gaps[1:], skew=skew)
    return found


def rows(ring: Ring, rng: Generator, *, width: float, deep: bool) -> list[Ring]:
    """Cut a block into plots about ``width`` wide, in two rows back to back when ``deep``."""
    frame, long, _ = axes_of(ring)
    [u, v] = frame.at([(1, 0), (0, 1)]) - (frame.x, frame.y)
    centre = np.array([frame.x, frame.y])
    halves = [clip(ring, centre, v), clip(ring, centre, -v)] if deep else [ring]
    found = []
    for half in (h for h in halves if len(h)):
        count = max(1, round(long / (width * rng.uniform(0.85, 1.2))))
        lines = (np.arange(1, count) + rng.uniform(-0.18, 0.18, count - 1)) / count - 0.5
        rest = half
        for line in lines:
            plot = clip(rest, centre + u * line * long, -u)
            rest = clip(rest, centre + u * line * long, u) if len(rest) else rest
            found.append(plot)
        found.append(rest)
    return [plot for plot in found if len(plot) > 2 and area_of(plot) > 60]


def bend(points: object, rng: Generator, *, sway: float, step: float = 25) -> LineString:
    """Draw a line that wanders about the given points as paths and streams do.

    Args:
        points: (N, 2) x, y.
        rng: of the wandering.
        sway: metres to either side.
        step: metres between turns.
    """
    line = LineString(np.asarray(points, float))
    count = max(2, int(line.length / step))
    at = np.linspace(0, line.length, count)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    walk = np.cumsum(rng.normal(0, 1, (count, 2)), axis=0)
    walk -= walk[0] + (walk[-1] - walk[0]) * np.linspace(0, 1, count)[:, None]
    xy = xy + walk * sway / max(1, math.sqrt(count))
    for _ in range(2):  # round the corners (Chaikin, 1974)
        near, far = xy[:-1] * 0.75 + xy[1:] * 0.25, xy[:-1] * 0.25 + xy[1:] * 0.75
        xy = np.concatenate([xy[:1], np.stack([near, far], 1).reshape(-1, 2), xy[-1:]])
    return LineString(xy)
