"""The whole area in one drawing: what is available, what suits a group, municipalities and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from flexsite.outputs.report.borders import AREA, MUNICIPALITY
from flexsite.outputs.report.markup import Html, el
from flexsite.outputs.report.tracing import Frame, drawing, path, scale_bar

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from flexsite.outputs.report.facts import Facts

WIDTH, HEIGHT = 640, 480
SMALLEST = 3.0
"""Pixels below which a site is drawn as a dot."""
MOST_DRAWN = 1500
"""Sites that are drawn by their shape; more become dots."""
MOST_POINTS = 15_000
"""Points of all their shapes."""
MOST_NAMES = 40


def overview(facts: Facts) -> Html:
    """The area with its sites; nothing where there is neither area nor site."""
    sites = facts.available
    known = facts.borders["kind"] == AREA
    shapes = facts.borders.geometry[known].to_numpy() if known.any() else sites.geometry.to_numpy()
    if not len(shapes):
        return Html()
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    height = int(np.clip(WIDTH * (north - south) / max(east - west, 1.0), 200, HEIGHT * 1.5))
    frame = Frame.around((west, south, east, north), WIDTH, height, 0.03 * max(east - west, north - south))
    serves = _classes(facts)
    towns = facts.borders[facts.borders["kind"] == MUNICIPALITY]
    content = [
        path(shapes, frame, MOST_POINTS, class_="area") if known.any() else None,
        path(towns.geometry.to_numpy(), frame, MOST_POINTS, class_="border") if len(towns) else None,
        *(_sites(sites.geometry.to_numpy()[serves == number], frame, f"serves-{number}") for number in (0, 1, 2, 3)),
        _names(towns, frame),
        scale_bar(frame),
    ]
    speech = facts.speech
    figure = drawing(frame, speech.text("where.map"), content, class_="map overview")
    legend = [el("span", _swatch(f"serves-{number}"), " ", told) for number, told in _legend(facts)]
    return el("figure", figure, el("figcaption", [Html(f"{one} ") for one in legend], speech.t("north")))


def _groups(facts: Facts) -> list[str]:
    """The groups; bundles of them only where there is nothing else."""
    ids = [profile.id for profile in facts.study.profiles if profile.groups is None]
    return ids or [profile.id for profile in facts.study.profiles]


def _classes(facts: Facts) -> NDArray[np.int64]:
    """For each available site 0 where it suits no group, else in which third of the groups their number lies."""
    sites, ids = facts.available["site_id"], _groups(facts)
    served = np.zeros(len(sites), dtype=np.int64)
    for name in ids:
        rows = facts.judged(name)
        served += sites.isin(rows.loc[rows["suitable"].to_numpy(dtype=bool), "site_id"]).to_numpy()
    classes = min(len(ids), 3)
    return -(-served * classes // max(len(ids), 1))


def _legend(facts: Facts) -> list[tuple[int, Html]]:
    speech, groups = facts.speech, len(_groups(facts))
    classes = min(groups, 3)
    if not classes:
        return [(0, speech.t("where.free"))]
    found = [(0, speech.t("where.none"))]
    for number in range(1, classes + 1):
        low, high = (number - 1) * groups // classes + 1, number * groups // classes
        key = "where.some" if low < high else "where.one"
        found.append((number, speech.t(key, low=speech.number(low), high=speech.number(high), n=speech.number(groups))))
    return found


def _swatch(class_: str) -> Html:
    return el("svg", el("rect", width="12", height="12", class_=class_), width="12", height="12", aria_hidden="true")


def _sites(shapes: NDArray[Any], frame: Frame, class_: str) -> Html:
    """Sites by their shape, small ones and those beyond the number as dots, one per place in the drawing."""
    if not len(shapes):
        return Html()
    bounds = shapely.bounds(shapes)
    size = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) * frame.scale
    order = np.argsort(-size, kind="stable")[:MOST_DRAWN]
    drawn = np.zeros(len(shapes), dtype=bool)
    drawn[order] = size[order] >= SMALLEST
    middle = np.stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2], axis=1)
    dots = np.unique(np.rint(frame.pixels(middle[~drawn]) / 2).astype(np.int64) * 2, axis=0)
    told = "".join(f"M{x} {y}h0" for x, y in dots.tolist())
    found = path(shapes[drawn], frame, MOST_POINTS, class_=class_) if drawn.any() else Html()
    return Html(found + (el("path", d=Html(told), class_=f"{class_}-dot") if told else ""))


def _names(towns: gpd.GeoDataFrame, frame: Frame) -> Html:
    """Names of municipalities where they do not lie over each other, the largest first."""
    named = towns[towns["name"] != ""]
    order = np.argsort(-named.geometry.area.to_numpy(), kind="stable")[:MOST_NAMES]
    told: list[Html] = []
    taken: list[tuple[float, ...]] = []
    for row in order:
        name = str(named["name"].iloc[row])[:28]
        point = shapely.point_on_surface(named.geometry.iloc[row])
        [[x, y]] = frame.pixels(shapely.get_coordinates(point)).tolist()
        half = 3.2 * len(name) + 3
        box = (x - half, y - 9, x + half, y + 5)
        if box[0] < 0 or box[2] > frame.width or any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        told.append(el("text", name, x=f"{x:.1f}", y=f"{y:.1f}", class_="town"))
    return Html("".join(told))


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
