"""What a study shows of its access: ground in reach of a site, the way to the nearest place, fields of a measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from flexsite.access.entering.snap import Entrances
from flexsite.access.habits import clock_seconds, metres_per_second
from flexsite.access.reach.isochrone import field, outline, reached
from flexsite.access.streets.model import FloatArray, NetworkMode
from flexsite.access.transit.journey import PLACE, Step
from flexsite.access.transit.raptor import NEVER
from flexsite.study.shown import ShownField, ShownReach, ShownRoute

if TYPE_CHECKING:
    import geopandas

    from flexsite.access.context import Context
    from flexsite.access.services import ServiceDay, Services

MINUTE = 60
_WORDS = {
    "nl": {"walk": "lopen", "cycle": "fietsen", "change": "overstappen", "to": "naar", "m": "m", "min": "min"},
    "en": {"walk": "walk", "cycle": "cycle", "change": "change", "to": "to", "m": "m", "min": "min"},
}


class Shape(NamedTuple):
    """Something drawn, in the study's CRS.

    Its kind is reach, walk, cycle, ride, change or field; then the site or measure it is of, a label for people, and
    minutes or another value.
    """

    kind: str
    of: str
    label: str
    value: float
    geometry: shapely.Geometry


Measuring = Callable[[str, NDArray[np.object_]], FloatArray]
"""Takes a measure, by its id, from points."""


def show(
    context: Context, services: Services | None, ids: NDArray[np.object_], area: shapely.Geometry, measuring: Measuring
) -> geopandas.GeoDataFrame:
    """Everything that `access.shown` asks for.

    Parameters
    ----------
    context
        The sites.
    services
        The study's timetables, if it has any.
    ids
        (n,) ids of the sites.
    area
        Polygons over which fields are drawn.
    measuring
        How a field's measure is taken.

    Returns
    -------
    kind, of, label, value and geometry, in the order of the study. A site that is not there is named in a warning.
    """
    import geopandas

    row = {str(name): place for place, name in enumerate(ids.tolist())}
    shapes: list[Shape] = []
    for one in context.access.shown:
        if isinstance(one, ShownField):
            shapes += _field(one, area, measuring)
        elif one.site not in row:
            context.warn(f"there is no site '{one.site}' to show anything of")
        elif isinstance(one, ShownReach):
            shapes += _reach(context, services, one, row[one.site])
        else:
            shapes += _route(context, services, one, row[one.site])
    columns: dict[str, Any] = {name: [getattr(shape, name) for shape in shapes] for name in Shape._fields}
    geometry = np.array([*columns.pop("geometry"), None], dtype=object)[:-1]
    table = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items() if name != "value"})
    table["value"] = np.array(columns["value"], float)
    return geopandas.GeoDataFrame(table, geometry=geometry, crs=context.crs)


def _reach(context: Context, services: Services | None, one: ShownReach, row: int) -> Iterator[Shape]:
    """The ground in reach, the farthest first, so that the nearer is drawn over it."""
    network, words = context.streets(), _WORDS[context.language]
    mode: NetworkMode = "cycle" if one.mode == "cycle" else "walk"
    speed = metres_per_second(mode)
    limit = one.reach[-1] * MINUTE * speed
    starts, head = _starts(context, services, one, row, limit)
    graph, doors = network.within(starts, limit, mode)
    metres = field(graph, doors, head, limit)
    for minutes in reversed(one.reach):
        pieces = reached(graph, metres, doors, head, minutes * MINUTE * speed)
        yield Shape("reach", one.site, f"{minutes:g} {words['min']}", minutes, outline(pieces))


def _starts(
    context: Context, services: Services | None, one: ShownReach, row: int, limit: float
) -> tuple[Entrances, FloatArray]:
    """Where people are on the streets, and how many metres on foot they have behind them then."""
    network = context.streets()
    if one.mode != "transit":
        doors = network.entrances(one.mode)
        doors = doors.take(doors.owner == row)
        return doors, np.zeros(len(doors))
    service = _service(services, one.date)
    doors = network.entrances("walk")
    doors = doors.take(doors.owner == row)
    depart, budget = clock_seconds(one.depart), round(one.reach[-1] * MINUTE)
    off = service.router.arrivals(service.from_site(row), depart, budget)[0][service.served]
    there = np.flatnonzero(off < NEVER)
    stops = network.points_on_streets(service.points(service.served[there]))
    head = (off[there][stops.owner] - depart) * service.habits.speed
    near = head <= limit
    return Entrances.joined(doors, stops.take(near)), np.concatenate([np.zeros(len(doors)), head[near]])


def _route(context: Context, services: Services | None, one: ShownRoute, row: int) -> Iterator[Shape]:
    """The way to the nearest place, step by step."""
    network = context.streets()
    places = context.source(one.route).read(None).geometry
    mode: NetworkMode = "cycle" if one.mode == "cycle" else "walk"
    words, speed = _WORDS[context.language], metres_per_second(mode)
    steps: list[Step] = []
    if one.mode == "transit":
        service = _service(services, one.date)
        direct = service.on_foot(places)
        own = slice(int(direct.first[row]), int(direct.first[row + 1]))
        walks = [(int(s), float(m)) for s, m in zip(direct.seconds(speed)[own], direct.metres[own], strict=True)]
        egress = service.legs_from(places)
        steps = service.router.journey(
            service.from_sites, row, egress, range(len(places)), clock_seconds(one.depart), min(walks, default=None)
        )
    if one.mode != "transit" or [step.kind for step in steps] == ["walk"]:
        found = network.path(context.sites[[row]], places, mode)
        if found is not None:
            minutes = found.metres / speed / MINUTE
            label = f"{words[mode]}: {found.metres:.0f} m, {minutes:.0f} {words['min']}"
            yield Shape(mode, one.site, label, minutes, found.line)
        return
    if not steps:
        context.warn(f"there is no way by public transport from site '{one.site}' at {one.depart} to {one.route}")
        return
    service = _service(services, one.date)
    known, lines = service.timetable.stops, service.timetable.lines
    for step in steps:
        minutes = (step.arrive - step.depart) / MINUTE
        times = f"{_clock(step.depart)}-{_clock(step.arrive)}"
        if step.kind == "ride":
            name = lines.short_name[step.line] or lines.long_name[step.line] or lines.id[step.line]
            label = f"{times} {name}: {known.name[step.from_stop]} {words['to']} {known.name[step.to_stop]}"
            line = shapely.LineString(known.xy[list(step.stops)])
        else:
            if step.from_stop == step.to_stop != PLACE:
                continue  # waiting at a stop
            begin, end = _at(service, step.from_stop, context.sites[[row]]), _at(service, step.to_stop, places)
            found = network.path(begin, end, "walk")
            label = f"{times} {words[step.kind]}, {step.metres:.0f} m"
            line = shapely.shortest_line(begin[0], end[0]) if found is None else found.line
        yield Shape(step.kind, one.site, label, minutes, line)


def _at(service: ServiceDay, stop: int, place: NDArray[np.object_]) -> NDArray[np.object_]:
    """Where a step begins or ends: at a stop, or at the site or one of the places."""
    return place if stop == PLACE else service.points(np.array([stop]))


def _field(one: ShownField, area: shapely.Geometry, measuring: Measuring) -> Iterator[Shape]:
    """A measure taken from the middle of cells on whole multiples of their size."""
    low_x, low_y, high_x, high_y = (np.floor(shapely.bounds(area) / one.cell)).astype(int).tolist()
    column, row = (grid.ravel() for grid in np.meshgrid(np.arange(low_x, high_x + 1), np.arange(low_y, high_y + 1)))
    middle = np.asarray(shapely.points((column + 0.5) * one.cell, (row + 0.5) * one.cell), dtype=object)
    shapely.prepare(area)
    inside = shapely.intersects(area, middle)
    column, row, middle = column[inside], row[inside], middle[inside]
    values = measuring(one.field, middle)
    for x, y, value in zip((column * one.cell).tolist(), (row * one.cell).tolist(), values.tolist(), strict=True):
        if not np.isnan(value):
            yield Shape("field", one.field, f"{value:.4g}", value, shapely.box(x, y, x + one.cell, y + one.cell))


def _service(services: Services | None, day: Any) -> ServiceDay:
    assert services is not None, "check() refuses this"  # noqa: S101
    return services.day(day)


def _clock(seconds: int) -> str:
    """A time of day for people; the night after is 24:00 and later."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
