"""A site in its surroundings, as a small drawing: other sites, ground that rules took, borders."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from flexsite.outputs.report.borders import AREA, MUNICIPALITY
from flexsite.outputs.report.markup import Html, el
from flexsite.outputs.report.tracing import Frame, drawing, path, scale_bar

if TYPE_CHECKING:
    from flexsite.geometry import Geometries
    from flexsite.outputs.report.facts import Facts

LEAST_MARGIN = 120.0
"""Metres of surroundings on every side of a small site; of a large one, half its size."""


class SiteMaps:
    """Draws sites of one run, one after the other."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _sites(self) -> tuple[dict[str, int], Geometries, shapely.STRtree]:
        sites = self._facts.result.sites
        shapes = sites.geometry.to_numpy()
        return {name: place for place, name in enumerate(sites["site_id"].tolist())}, shapes, shapely.STRtree(shapes)

    @cached_property
    def _taken(self) -> tuple[Geometries, shapely.STRtree]:
        excluded = self._facts.result.excluded
        shapes = np.array([], dtype=object) if excluded is None else excluded.geometry.to_numpy()
        return shapes, shapely.STRtree(shapes)

    def place(self, site_id: str) -> int:
        """Place of a site among all, by which a page can name it whatever its id holds."""
        return self._sites[0][site_id]

    def draw(self, site_id: str, width: int = 210, height: int = 150) -> Html:
        """A drawing of the site.

        Parameters
        ----------
        width, height
            In pixels.
        """
        facts = self._facts
        places, shapes, tree = self._sites
        own = shapes[places[site_id]]
        west, south, east, north = own.bounds
        margin = max(LEAST_MARGIN, 0.5 * max(east - west, north - south))
        frame = Frame.around(own.bounds, width, height, margin)
        others = np.sort(tree.query(frame.box, predicate="intersects"))
        taken, of_taken = self._taken
        here = np.sort(of_taken.query(frame.box, predicate="intersects"))
        borders = facts.borders
        area = borders.geometry[borders["kind"] == AREA].to_numpy()
        towns = borders.geometry[borders["kind"] == MUNICIPALITY].to_numpy()
        content = [
            path(area, frame, class_="area") if len(area) else None,
            path(taken[here], frame, class_="taken") if len(here) else None,
            path(shapes[others[others != places[site_id]]], frame, class_="other"),
            path(shapely.boundary(towns), frame, class_="border") if len(towns) else None,
            path(np.array([own], dtype=object), frame, class_="site"),
            scale_bar(frame),
        ]
        label = f"{facts.speech.text('map.of')} {site_id}"
        return drawing(frame, label, content)

    def legend(self) -> Html:
        """What the drawings show; ground that rules took only where it was kept."""
        speech = self._facts.speech
        kinds = ["site", "other", *(["taken"] if self._facts.result.excluded is not None else [])]
        told = [
            el("span", el("svg", el("rect", width="12", height="12", class_=kind), width="12", height="12",
                          aria_hidden="true"), " ", speech.t(f"map.{kind}"))
            for kind in kinds
        ]  # fmt: skip
        return el("p", [Html(f"{one} ") for one in told], speech.t("north"), class_="legend")
