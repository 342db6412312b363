"""A naive reading of the contract in plain loops over shapely geometries: slow, small, and independent of the package.

Wherever a number lies so close to a threshold that floating point could decide it either way, or the contract leaves
two readings, `Debatable` is raised and the example is thrown away: the oracle only speaks when it is sure.
Straight distances only.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import shapely
from shapely import Geometry

CLASSES = ("very_hard", "hard", "medium", "soft")
ROUTES = ("forbidden", "check", "deviation", "allowed", "unlisted", "unknown")


class Debatable(Exception):
    """Too close to call."""


@dataclass(frozen=True)
class Features:
    """A vector layer: geometries, columns, and coverage (None: assumed complete)."""

    geometries: list[Geometry]
    columns: dict[str, list[Any]] = field(default_factory=dict)
    coverage: list[Geometry] | str | None = None


@dataclass(frozen=True)
class Cells:
    """A raster with its upper left corner; None is nodata."""

    values: list[list[float | None]]
    left: float
    top: float
    size: float

    def quads(self) -> list[tuple[Geometry, float | None]]:
        found = []
        for row, line in enumerate(self.values):
            for column, value in enumerate(line):
                x, y = self.left + column * self.size, self.top - row * self.size
                found.append((shapely.box(x, y - self.size, x + self.size, y), value))
        return found


@dataclass(frozen=True)
class World:
    """Everything a run reads. `study` is the study file's content; a rule's `where` is a pair (column, values)."""

    study: dict[str, Any]
    area: Geometry
    layers: dict[str, Features | Cells]
    profiles: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Row:
    """One step of the availability waterfall; a tuple lists the readings that are accepted, None is not checked."""

    rule: str
    candidates: int
    area_ha: float
    removed_ha: float
    touched_ha: tuple[float, ...] | None = None
    only_ha: tuple[float, ...] | None = None
    unknown_ha: tuple[float, float] | None = None
    sites: int | None = None


@dataclass
class Site:
    candidate: str
    ground: Geometry
    area: float
    route: str | None = None
    route_share: float = math.nan
    until: dt.date | None = None
    mark_until: dt.date | None = None
    net_years: float | None = None
    marks: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    columns: dict[str, Any] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    measures: dict[str, float | None] = field(default_factory=dict)
    caps: list[int] = field(default_factory=list)


@dataclass
class Fit:
    """A site for a profile."""

    suitable: bool
    failed: list[str]
    missing: list[str]
    score: float
    rank: int | None
    homes: int
    homes_fit: int
    values: dict[str, int]


@dataclass
class Answer:
    rows: list[Row]
    left: dict[str, Geometry]
    taken: dict[tuple[str, str], float]
    sites: dict[str, Site]
    fits: dict[str, dict[str, Fit]]
    funnels: dict[str, list[tuple[str, int, float, int, int]]]


# Small measures


def m2(geometry: Geometry) -> float:
    """Area rounded to 0.01 m2, refusing numbers that rounding could push either way."""
    hundredths = float(geometry.area) * 100
    if abs(hundredths - math.floor(hundredths) - 0.5) < 1e-3:
        raise Debatable("a rounding tie")
    if 1e-6 < hundredths < 0.5:
        raise Debatable("a sliver")
    return round(hundredths) / 100


def reaches(value: float, limit: float, tolerance: float = 1e-7) -> bool:
    """value >= limit, exactly when both are exact, refusing near misses."""
    if value != limit and abs(value - limit) < tolerance:
        raise Debatable("close to a threshold")
    return value >= limit


def touches(inside: float, whole: float, touch: dict[str, float] | None) -> bool:
    share, least = (touch or {}).get("share", 0.01), (touch or {}).get("area", 50.0)
    if inside == 0:
        return False
    enough = reaches(inside, min(least, whole / 2))
    if touch and enough != reaches(inside, least):
        raise Debatable("whether half the site is enough where `touch` gives an area")
    return enough and reaches(inside / whole, share)


def polygons(geometry: Geometry) -> list[Geometry]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and part.area > 0]


def cut(ground: Geometry, pieces: Iterable[Geometry]) -> Geometry:
    for piece in pieces:
        if not (ground.is_empty or piece.is_empty):
            ground = only_polygons(ground.difference(piece))
    return ground


def overlay(ground: Geometry, pieces: Iterable[Geometry]) -> Geometry:
    """The part of the ground under any of the pieces."""
    found: Geometry = shapely.Polygon()
    for piece in pieces:
        if not (ground.is_empty or piece.is_empty):
            found = found.union(only_polygons(ground.intersection(piece)))
    return found


def only_polygons(geometry: Geometry) -> Geometry:
    parts = polygons(geometry)
    if not parts:
        return shapely.Polygon()
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def plus_years(day: dt.date, years: int) -> dt.date:
    return day.replace(year=day.year + years)


def plus_months(day: dt.date, months: int) -> dt.date:
    count = day.year * 12 + day.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, day.day)


# Candidates


def candidates(world: World) -> dict[str, Geometry]:
    spec = world.study["candidates"]
    if "grid" in spec:
        return grid(world.area, spec["grid"])
    layer = world.layers[spec["layer"]]
    assert isinstance(layer, Features)
    taken: dict[str, Geometry] = {}
    values: dict[str, Any] = {}
    for row, geometry in enumerate(layer.geometries):
        inner = geometry.point_on_surface()
        if world.area.boundary.distance(inner) < 1e-3:
            raise Debatable("a candidate on the area's edge")
        if world.area.contains(inner):
            name = str(layer.columns[spec["id"]][row])
            taken[name] = geometry
            values[name] = layer.columns[spec["join"]][row] if "join" in spec else None
    return joined(taken, values) if "join" in spec else taken


def grid(area: Geometry, size: int) -> dict[str, Geometry]:
    west, south, east, north = area.bounds
    cells = {}
    for x in range(math.floor(west / size) * size, math.ceil(east), size):
        for y in range(math.floor(south / size) * size, math.ceil(north), size):
            piece = only_polygons(shapely.box(x, y, x + size, y + size).intersection(area))
            if m2(piece) > 0:
                cells[f"E{x}N{y}"] = piece
    return cells


def joined(ground: dict[str, Geometry], values: dict[str, Any]) -> dict[str, Geometry]:
    names = list(ground)
    group = {name: name for name in names}
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            if values[a] is None or values[a] != values[b]:
                continue
            if m2(ground[a].intersection(ground[b])) > 0:
                raise Debatable("overlapping candidates that join")
            shared = ground[a].boundary.intersection(ground[b].boundary).length
            if abs(shared - 0.1) < 1e-6:
                raise Debatable("a shared boundary of 0.1 m")
            if shared > 0.1:
                old, new = group[b], group[a]
                group = {name: new if label == old else label for name, label in group.items()}
    result = {}
    for label in set(group.values()):
        members = [name for name in names if group[name] == label]
        result[min(members)] = shapely.union_all([ground[name] for name in members])
    return result


# Rules


@dataclass
class Footprint:
    """One rule against one candidate's whole ground: what it takes, and how: by cutting, then by keeping only."""

    takes: list[Geometry]
    cuts: list[Geometry]
    keeps: list[Geometry] | None
    touched: list[Geometry]
    under: list[Geometry]
    uncovered: Geometry


class Rules:
    """The study's rules, each asked what it takes from a piece of ground."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.study = world.study
        self.rules: list[dict[str, Any]] = self.study.get("rules", [])
        start = dt.date.fromisoformat(self.study["date"])
        self.available_from = plus_months(start, self.study.get("lead_time", 0))

    def active(self, rule: dict[str, Any]) -> bool:
        limit = CLASSES.index(self.study.get("strictness", "hard"))
        if CLASSES.index(rule.get("class", "hard")) > limit:
            return False
        when = rule.get("when", {})
        return bool(self.study["term"] > when["term_above"]) if when else True

    def kind(self, rule: dict[str, Any]) -> str:
        return next(kind for kind in ("exclude", "keep", "route", "cap", "mark") if kind in rule)

    def layer(self, rule: dict[str, Any]) -> Features | Cells:
        return self.world.layers[rule[self.kind(rule)]]

    def chosen(self, rule: dict[str, Any]) -> list[tuple[Geometry, dict[str, Any]]]:
        """The rule's features after `where`, buffered, with their columns."""
        layer = self.layer(rule)
        if isinstance(layer, Cells):
            return [(cell, {}) for cell, value in layer.quads() if value is not None and self.hit(rule, value)]
        found = []
        for row, geometry in enumerate(layer.geometries):
            values = {name: column[row] for name, column in layer.columns.items()}
            if "where" in rule:
                column, wanted = rule["where"]
                if values[column] not in wanted or values[column] is None:
                    continue
            wide = geometry.buffer(rule["buffer"], quad_segs=16) if rule.get("buffer") else geometry
            found.append((wide, values))
        return found

    def hit(self, rule: dict[str, Any], value: float) -> bool:
        if "above" in rule:
            return bool(value > rule["above"])
        if "below" in rule:
            return bool(value < rule["below"])
        return value in rule["values"]

    def uncovered(self, rule: dict[str, Any], ground: Geometry) -> Geometry:
        layer = self.layer(rule)
        if rule.get("outside_coverage") == "free":
            return shapely.Polygon()
        if isinstance(layer, Cells):
            return cut(ground, [cell for cell, value in layer.quads() if value is not None])
        if layer.coverage is None or layer.coverage == "complete":
            return shapely.Polygon()
        if layer.coverage == "extent":
            return cut(ground, [shapely.box(*shapely.total_bounds(layer.geometries))])
        assert not isinstance(layer.coverage, str)
        return cut(ground, layer.coverage)

    def needed(self, rule: dict[str, Any], values: dict[str, Any]) -> bool:
        """Whether a feature of an `until` rule is needed too early."""
        year = values[rule["until"]]
        if year is None:
            return True
        end = plus_years(self.available_from, rule.get("horizon", self.study["term"]))
        return dt.date(int(year), 1, 1) < end

    def classes(self, rule: dict[str, Any], ground: Geometry) -> dict[str, Geometry]:
        """Disjoint ground per route, for the route rule."""
        otherwise = rule.get("otherwise", "unlisted")
        pieces: dict[str, list[Geometry]] = {name: [] for name in ROUTES}
        for geometry, values in self.chosen(rule):
            value = values[rule["column"]]
            listed = [name for name in ("forbidden", "check", "allowed") if value in rule.get(name, [])]
            pieces[listed[0] if listed and value is not None else otherwise].append(geometry)
        rest = ground
        found = {}
        for name in ROUTES[:5]:
            found[name] = overlay(rest, pieces[name])
            rest = cut(rest, pieces[name])
        found["unknown"] = overlay(rest, [self.uncovered(rule, ground)])
        rest = cut(rest, [found["unknown"]])
        found[otherwise] = found[otherwise].union(rest)
        return found

    def known(self, rule: dict[str, Any]) -> list[Geometry]:
        """Where the layer knows something; asked only where there is ground outside it."""
        layer = self.layer(rule)
        if isinstance(layer, Cells):
            return [cell for cell, value in layer.quads() if value is not None]
        if layer.coverage == "extent":
            return [shapely.box(*shapely.total_bounds(layer.geometries))]
        assert isinstance(layer.coverage, list)
        return layer.coverage

    def footprint(self, rule: dict[str, Any], ground: Geometry) -> Footprint:
        kind, active = self.kind(rule), self.active(rule)
        uncovered = self.uncovered(rule, ground)
        chosen = self.chosen(rule)
        under = [geometry for geometry, _ in chosen]
        cuts: list[Geometry] = []
        keeps: list[Geometry] | None = None
        takes: list[Geometry] = []
        if active and kind == "route":
            takes = cuts = [g for g, values in chosen if values[rule["column"]] in rule.get("forbidden", [])]
        if active and kind == "exclude":
            takes = cuts = [g for g, values in chosen if "until" not in rule or self.needed(rule, values)]
        if active and kind == "keep":
            takes, keeps = [cut(cut(ground, under), [uncovered])], [*under, uncovered]
        if active and kind in ("exclude", "keep") and rule.get("outside_coverage") == "exclude":
            if m2(uncovered) > 0:
                keeps = under if kind == "keep" else self.known(rule)
            takes = [*takes, uncovered]
            uncovered = shapely.Polygon()
        return Footprint(takes, cuts, keeps, takes if kind == "route" else takes or under, under, uncovered)


# The run


def solve(world: World) -> Answer:
    rules = Rules(world)
    ground = candidates(world)
    rows, left, taken = waterfall(rules, ground)
    sites = find_sites(rules, ground, left)
    kept = sum(site.area for site in sites.values())
    rows.append(
        Row(
            "min_size",
            len({site.candidate for site in sites.values()}),
            kept / 1e4,
            rows[-1].area_ha - kept / 1e4,
            sites=len(sites),
        )
    )
    fits: dict[str, dict[str, Fit]] = {}
    funnels = {}
    for profile in world.profiles:
        fits[profile["id"]], funnels[profile["id"]] = suitability(rules, sites, profile)
    return Answer(rows, left, taken, sites, fits, funnels)


def waterfall(
    rules: Rules, ground: dict[str, Geometry]
) -> tuple[list[Row], dict[str, Geometry], dict[tuple[str, str], float]]:
    left = dict(ground)
    total = sum(m2(g) for g in left.values())
    rows = [Row("start", len(left), total / 1e4, 0.0)]
    taken: dict[tuple[str, str], float] = {}
    prints = {
        (rule["id"], name): rules.footprint(rule, whole) for rule in rules.rules for name, whole in ground.items()
    }
    for rule in rules.rules:
        touched, under, both, only, low, high = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for name, whole in ground.items():
            mine = prints[rule["id"], name]
            before = m2(left[name])
            low += m2(overlay(left[name], [mine.uncovered]))
            left[name] = cut(left[name], mine.cuts)
            if mine.keeps is not None:
                left[name] = overlay(left[name], mine.keeps)
            after = m2(left[name])
            taken[rule["id"], name] = before - after
            touched += m2(overlay(whole, mine.takes))
            under += m2(overlay(whole, mine.under))
            both += m2(overlay(whole, [*mine.under, *mine.takes]))
            others = [g for other in rules.rules if other is not rule for g in prints[other["id"], name].takes]
            only += m2(only_polygons(cut(overlay(whole, mine.takes), others)))
            high += m2(overlay(whole, [mine.uncovered]))
        area = sum(m2(g) for g in left.values())
        rows.append(
            Row(
                rule["id"],
                sum(m2(g) > 0 for g in left.values()),
                area / 1e4,
                rows[-1].area_ha - area / 1e4,
                (touched / 1e4, under / 1e4, both / 1e4),
                (only / 1e4,),
                (low / 1e4, high / 1e4),
            )
        )
    return rows, left, taken


def find_sites(rules: Rules, ground: dict[str, Geometry], left: dict[str, Geometry]) -> dict[str, Site]:
    spec = rules.study["candidates"]
    least, width = spec.get("min_area", 0), spec.get("min_width", 0)
    sites: dict[str, Site] = {}
    for name in ground:
        kept = []
        for part in polygons(left[name]):
            area = m2(part)
            if len(polygons(part.buffer(-1e-3))) != 1:
                raise Debatable("a part that hangs together by nothing")
            if area == 0 or not reaches(area, least) or (width and not wide(part, width)):
                continue
            kept.append((-area, part.bounds[0], part.bounds[1], part))
        for i, a in enumerate(kept):
            for b in kept[i + 1 :]:
                if a[0] == b[0] and 0 < abs(a[1] - b[1]) < 1e-6:
                    raise Debatable("numbering by noise")
        kept.sort(key=lambda part: part[:3])
        for number, (area, _, _, part) in enumerate(kept, 1):
            label = name if len(kept) == 1 else f"{name}.{number}"
            if label in sites:
                raise Debatable("two equal site ids")
            sites[label] = describe(rules, Site(name, part, -area))
    return dict(sorted(sites.items()))


def wide(part: Geometry, width: float) -> bool:
    loose = not part.buffer(-(width / 2 - 1e-4)).is_empty
    tight = not part.buffer(-(width / 2 + 1e-4)).is_empty
    if loose != tight:
        raise Debatable("as wide as min_width")
    return loose


def describe(rules: Rules, site: Site) -> Site:
    ends: list[dt.date] = []
    for rule in rules.rules:
        kind, touch = rules.kind(rule), rule.get("touch")
        chosen = rules.chosen(rule)
        acts = rules.active(rule)
        whole = m2(overlay(site.ground, [g for g, _ in chosen]))
        if (kind == "mark" or (not acts and kind in ("exclude", "cap"))) and touches(whole, site.area, touch):
            site.marks.add(rule["id"])
        uncovered = rules.footprint(rule, site.ground).uncovered
        if touches(m2(uncovered), site.area, touch):
            site.unknown.add(rule["id"])
        if "until" in rule:
            found = []
            for year in {values[rule["until"]] for _, values in chosen}:
                same = [g for g, values in chosen if values[rule["until"]] == year]
                if touches(m2(overlay(site.ground, same)), site.area, touch):
                    if year is None:
                        raise Debatable("an empty year on a site")
                    found.append(dt.date(int(year), 1, 1))
            if found and acts and kind == "exclude":
                ends.append(min(found))
            elif found:
                site.mark_until = min([*found, site.mark_until] if site.mark_until else found)
        if kind == "cap" and acts:
            numbers = {values.get(rule["homes"], rule["homes"]) for _, values in chosen}
            for number in numbers:
                same = [g for g, values in chosen if values.get(rule["homes"], rule["homes"]) == number]
                if touches(m2(overlay(site.ground, same)), site.area, touch):
                    site.caps.append(int(number))
        if kind == "route":
            classes = {name: m2(g) for name, g in rules.classes(rule, site.ground).items()}
            site.route = max(ROUTES, key=lambda name: classes[name])
            site.route_share = classes[site.route] / site.area
    if ends:
        site.until = min(ends)
        begin = rules.available_from
        months = (site.until.year - begin.year) * 12 + site.until.month - begin.month - (site.until.day < begin.day)
        site.net_years = months / 12
    for name, spec in rules.study.get("columns", {}).items():
        join_column(rules.world, site, name, spec)
    for measure in rules.study.get("access", {}).get("measures", []):
        places = rules.world.layers[measure["to"]]
        assert isinstance(places, Features)
        site.measures[measure["id"]] = min(distance(site.ground, place) for place in places.geometries)
    return site


def distance(ground: Geometry, place: Geometry) -> float:
    """Straight distance, refusing the tip of a needle, which floating point puts anywhere."""
    metres = float(ground.distance(place))
    if abs(ground.buffer(-1e-4).distance(place) - metres) > 1e-3:
        raise Debatable("a needle")
    return metres


def join_column(world: World, site: Site, name: str, spec: dict[str, str]) -> None:
    layer = world.layers[spec["layer"]]
    assert isinstance(layer, Features)
    sums = {}
    values = layer.columns[spec["column"]]
    for value in {value for value in values if value is not None}:
        same = [g for g, other in zip(layer.geometries, values, strict=True) if other == value]
        summed = sum(m2(overlay(site.ground, [g])) for g in same)
        if abs(summed - m2(overlay(site.ground, same))) > 0.02:
            raise Debatable("a column's features overlap each other")
        if summed > 0:
            sums[value] = summed
    best = min(sums, key=lambda value: (-sums[value], value)) if sums else None
    site.columns[name] = best
    if best is not None:
        site.shares[name] = sums[best] / site.area


# Suitability


def passes(site: Site, requirement: dict[str, Any]) -> bool | None:
    """True, False, or None when unknown."""
    if "any" in requirement:
        answers = [passes(site, part) for part in requirement["any"]]
        return True if True in answers else (None if None in answers else False)
    value = site.measures[requirement["measure"]] if "measure" in requirement else site.columns[requirement["column"]]
    if value is None:
        return None
    if "in" in requirement:
        return value in requirement["in"]
    most, least = requirement.get("at_most"), requirement.get("at_least")
    return (most is None or reaches(most, value)) and (least is None or reaches(value, least))


def suitability(
    rules: Rules, sites: dict[str, Site], profile: dict[str, Any]
) -> tuple[dict[str, Fit], list[tuple[str, int, float, int, int]]]:
    homes = profile.get("homes", {})
    fits = {}
    for label, site in sites.items():
        failed = []
        for name, requirement in profile.get("requires", {}).items():
            answer = passes(site, requirement)
            if answer is not True:
                failed.append(name if answer is False else f"unknown:{name}")
        net = site.net_years
        if net is not None and not reaches(net, profile.get("term", {}).get("min", 0)):
            failed.append("term")
        fit = math.floor(site.area * profile["unit"]["homes_per_ha"] / 10000 + 1e-9)
        placed = min([fit, *site.caps, *([homes["max"]] if "max" in homes else [])])
        if placed < homes.get("min", 0):
            failed.append("homes.min")
        values, missing, top, weights = {}, [], 0, 0
        for name, criterion in profile.get("criteria", {}).items():
            x = site.measures[criterion["measure"]]
            if x is None:
                missing.append(name)
            values[name] = 0 if x is None else points(x, criterion["best"], criterion["worst"])
            top += criterion["weight"] * values[name]
            weights += criterion["weight"]
        score = top / weights if weights else 0.0
        fits[label] = Fit(not failed, failed, missing, score, None, placed, fit, values)
    ranked = sorted((label for label in fits if fits[label].suitable), key=lambda label: (-fits[label].score, label))
    for rank, label in enumerate(ranked, 1):
        fits[label].rank = rank
    return fits, funnel(sites, fits, profile)


def points(x: float, best: float, worst: float) -> int:
    raw = 100 * min(1.0, max(0.0, (x - worst) / (best - worst))) + 0.5
    if abs(raw - round(raw)) < 1e-7 and 0.5 < raw < 100.5:
        raise Debatable("a criterion's value at a rounding tie")
    return math.floor(raw)


def met(name: str, fit: Fit) -> bool:
    return name not in fit.failed and f"unknown:{name}" not in fit.failed


def funnel(
    sites: dict[str, Site], fits: dict[str, Fit], profile: dict[str, Any]
) -> list[tuple[str, int, float, int, int]]:
    """rule, sites, ha, homes, homes_fit for those that pass all so far."""
    steps: list[tuple[str, Callable[[Fit], bool]]] = [("available", lambda _: True)]
    steps += [(name, partial(met, name)) for name in profile.get("requires", {})]
    steps.append(("term", lambda fit: "term" not in fit.failed))
    steps.append(("homes.min", lambda fit: "homes.min" not in fit.failed))
    rows = []
    passing = list(fits)
    for name, test in steps:
        passing = [label for label in passing if test(fits[label])]
        rows.append(
            (
                name,
                len(passing),
                sum(sites[label].area for label in passing) / 1e4,
                sum(fits[label].homes for label in passing),
                sum(fits[label].homes_fit for label in passing),
            )
        )
    return rows
