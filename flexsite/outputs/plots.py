"""Figures of a result, as SVG text for a page, a report or a notebook."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from flexsite.outputs.canvas import DASHES, GRID, INK, LONGEST, MARKERS, MUTED, PALETTE, drawing, number, shown
from flexsite.outputs.key_words import label_of, profile_of
from flexsite.outputs.words import words
from flexsite.study.owners import owner_book

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from flexsite.outputs.canvas import Language
    from flexsite.outputs.result import Result
    from flexsite.study.models import Study

LEAST_HEIGHT, ROW = 1.3, 0.27
"""Inches of a figure without rows, and of each row."""


def figures(result: Result) -> dict[str, str]:
    """Every figure for which the result has numbers.

    Returns
    -------
    dict
        SVG text by name: `waterfall`, `waterfall_<profile>`, `sweep_<sweep>`, `tornado_<profile>`, `ranks_<profile>`,
        `owners`, `windows`.
    """
    made = {"waterfall": waterfall(result)}
    for profile in result.study.profiles:
        made[f"waterfall_{profile.id}"] = waterfall(result, profile.id)
    for name in result.study.sweep if "sweep" in result.tables else ():
        made[f"sweep_{name}"] = sweep(result, name)
    for kind, draw in (("tornado", tornado), ("weights", ranks)):
        for one in _profiles_of(result, kind):
            made[f"{'ranks' if kind == 'weights' else kind}_{one}"] = draw(result, one)
    for name, draw_all in (("owners", owners), ("windows", windows)):
        if name in result.tables and len(result.tables[name]):
            made[name] = draw_all(result)
    return made


def _profiles_of(result: Result, table: str) -> list[str]:
    present = set(result.tables[table]["profile"]) if table in result.tables else set()
    return [profile.id for profile in result.study.profiles if profile.id in present]


def waterfall(result: Result, profile: str | None = None) -> str:
    """Bars of the hectares left after each step, with what it removed; for a profile those of suitable sites.

    Parameters
    ----------
    result
        Of a run; its waterfall names no rule that its audience may not see.
    """
    study = result.study
    rows = result.waterfall[(result.waterfall["variant"] == "base") & (result.waterfall["profile"] == (profile or ""))]
    left, removed = (rows[name].to_numpy(dtype=float, na_value=0.0) for name in ("area_ha", "removed_ha"))
    names = _step_names(study, profile)
    steps = [names.get(rule) or _text(rule, study) or words(rule)[study.language] for rule in rows["rule"]]
    title = _text("waterfall", study) if profile is None else _text("waterfall_of", study, _name(study, profile))
    with drawing(f"waterfall_{profile or 'all'}", title, LEAST_HEIGHT + ROW * len(rows)) as made:
        axes, place = made.axes(), np.arange(len(rows))[::-1]
        axes.barh(place, left, color=PALETTE[0], height=0.72, label=_text("left", study))
        axes.barh(place, removed, left=left, color=MUTED, height=0.72, label=_text("removed", study))
        for at, total, value in zip(place, left + removed, left, strict=True):
            axes.annotate(
                _short(value, study), (total, at), (3, 0), textcoords="offset points", va="center", fontsize=8
            )
        _rows(axes, place, steps)
        _values(axes, _text("hectares", study), study, room=1.12)
        axes.legend(loc="lower right", frameon=False, fontsize=8)
    return made.svg


def _step_names(study: Study, profile: str | None) -> dict[str, str]:
    """What people read for the steps of a waterfall that are the study's own."""
    if profile is None:
        return {rule.id: words(rule.id, rule.label)[study.language] for rule in study.rules}
    requires = next(one for one in study.profiles if one.id == profile).requires
    return {name: words(name)[study.language] for name in requires}


def sweep(result: Result, name: str, value: str = "homes") -> str:
    """What a sweep found: lines per profile over one parameter, or a heat map per profile over two.

    Parameters
    ----------
    name
        Of the sweep.
    value
        Column of the table that is drawn: homes, sites, area_ha, homes_fit or floor_area_m2.
    """
    study = result.study
    table = result.tables["sweep"]
    table = table[table["sweep"] == name]
    spec = study.sweep[name]
    title = _text("sweep", study, words(name, spec.label)[study.language], _text(value, study))
    profiles = list(dict.fromkeys(table["profile"]))
    moving = [one for one in profiles if len(set(table.loc[table["profile"] == one, value].fillna(-1))) > 1]
    if len(spec.parameters()) == 2:
        return _heat_maps(study, table, name, title, value, moving or profiles[:1])
    points = spec.parameters()[0][1]
    numeric = all(isinstance(point, int | float) and not isinstance(point, bool) for point in points)
    still = [one for one in profiles if one not in moving]
    with drawing(f"sweep_{name}", title, 3.6) as made:
        axes = made.axes()
        for order, profile in enumerate(moving):
            heights = table.loc[table["profile"] == profile, value].to_numpy(dtype=float, na_value=np.nan)
            where: Any = points if numeric else range(len(points))
            [line] = axes.plot(where, heights, label=_name(study, profile), markersize=4, linewidth=1.6)
            line.set(color=PALETTE[order % 7], linestyle=DASHES[order % 4], marker=MARKERS[order % 7])
        if not numeric:
            axes.set_xticks(range(len(points)), [shown(str(point)) for point in points])
        else:
            axes.xaxis.set_major_formatter(_format(study))
        axes.set_xlabel(shown(_parameter(study, spec.parameters()[0][0]), 90))
        axes.set_ylabel(_text(value, study))
        axes.yaxis.set_major_formatter(_format(study))
        axes.grid(axis="y", color=GRID)
        axes.set_ylim(bottom=0)
        if moving:
            made.figure.legend(loc="outside right upper", frameon=False, fontsize=8)
        if still:
            names = ", ".join(_name(study, profile) for profile in still)
            made.figure.supxlabel(shown(_text("unchanged", study, names), 110), fontsize=7.5, x=0.01, ha="left")
    return made.svg


def _heat_maps(study: Study, table: pd.DataFrame, name: str, title: str, value: str, profiles: list[str]) -> str:
    """A panel per profile, a cell per pair of values, darker where there is more."""
    (keys, first), (keys2, second) = study.sweep[name].parameters()
    height = 1.0 + len(profiles) * max(1.4, 0.5 + 0.28 * len(second))
    with drawing(f"sweep_{name}", title, height) as made:
        panels = np.atleast_1d(made.figure.subplots(len(profiles), 1, sharex=True))
        for panel, profile in zip(panels, profiles, strict=True):
            found = table.loc[table["profile"] == profile, value].to_numpy(dtype=float, na_value=np.nan)
            grid = found.reshape(len(first), len(second)).T
            most = np.nanmax(grid, initial=1.0)
            panel.pcolormesh(grid, cmap="cividis", vmin=0, vmax=most, edgecolors="white", linewidth=0.5)
            if grid.size <= 200:
                for row, column in np.ndindex(grid.shape):
                    here = float(grid[row, column])
                    ink = "white" if here < 0.6 * most else "black"
                    panel.text(
                        column + 0.5, row + 0.5, _short(here, study), ha="center", va="center", fontsize=7, color=ink
                    )
            panel.set_xticks(np.arange(len(first)) + 0.5, [_tick(point, study) for point in first])
            panel.set_yticks(np.arange(len(second)) + 0.5, [_tick(point, study) for point in second])
            panel.set_ylabel(shown(label_of(study, keys2[0]), 34), fontsize=8)
            panel.set_title(shown(_name(study, profile)), fontsize=9, loc="left")
        panels[-1].set_xlabel(shown(_parameter(study, keys), 90))
    return made.svg


def tornado(result: Result, profile: str, most: int = 12) -> str:
    """Bars from the homes at the low to those at the high end of each assumption, the widest on top.

    Parameters
    ----------
    most
        Assumptions that are drawn.
    """
    study = result.study
    table = result.tables["tornado"]
    mine = table[table["profile"] == profile]
    rows = mine[mine["swing"] > 0].head(most)
    still = mine.loc[mine["swing"] == 0, "label"].map(shown)
    notes = [_text("weights_note", study)] + ([_text("unchanged", study, ", ".join(still))] if len(still) else [])
    base = float(mine["homes_base"].iloc[0])
    title = _text("tornado", study, _name(study, profile))
    with drawing(f"tornado_{profile}", title, LEAST_HEIGHT + 0.2 + 1.3 * ROW * len(rows)) as made:
        axes, place = made.axes(), np.arange(len(rows))[::-1]
        for end, colour, side in (("low", 0, "lower"), ("high", 4, "higher")):
            to = rows[f"homes_{end}"].to_numpy(dtype=float)
            axes.barh(place, to - base, left=base, color=PALETTE[colour], height=0.66, label=_text(side, study))
            for at, value, tip in zip(place, rows[end], to, strict=True):
                if tip != base:
                    look: dict[str, Any] = {"ha": "right" if tip < base else "left", "va": "center", "fontsize": 7}
                    offset = (-3 if tip < base else 3, 0)
                    axes.annotate(_tick(value, study), (tip, at), offset, textcoords="offset points", **look)
        axes.axvline(base, color=INK, linewidth=1, label=_text("as_it_is", study))
        _rows(axes, place, [f"{shown(label)} ({_tick(value, study)})"
                            for label, value in zip(rows["label"], rows["base"], strict=True)])  # fmt: skip
        axes.margins(x=0.12)
        _values(axes, _text("homes", study), study)
        axes.legend(loc="lower right", frameon=False, fontsize=8)
        made.figure.supxlabel("\n".join(shown(note, 120) for note in notes), fontsize=7.5, x=0.01, ha="left")
    return made.svg


def ranks(result: Result, profile: str, most: int = 20) -> str:
    """Between which ranks the best sites move when weights are drawn, best on top.

    Parameters
    ----------
    most
        Sites that are drawn.
    """
    study = result.study
    table = result.tables["weights"]
    rows = table[table["profile"] == profile].sort_values("rank").head(most)
    low, middle, high = (rows[f"rank_p{share}"].to_numpy() for share in ("05", "50", "95"))
    with drawing(f"ranks_{profile}", _text("ranks", study, _name(study, profile)),
                 LEAST_HEIGHT + ROW * len(rows)) as made:  # fmt: skip
        axes, place = made.axes(), np.arange(len(rows))[::-1]
        axes.hlines(place, low, high, color=PALETTE[0], linewidth=5, alpha=0.45, label=_text("interval", study))
        axes.plot(middle, place, "o", color=PALETTE[0], markersize=5, label=_text("median", study))
        axes.plot(
            rows["rank"], place, "D", color=PALETTE[1], markersize=4, fillstyle="none", label=_text("given", study)
        )
        _rows(axes, place, [shown(site) for site in rows["site_id"]])
        _values(axes, _text("rank", study), study, least=0.5)
        made.figure.legend(loc="outside lower right", frameon=False, fontsize=8, ncols=3)
    return made.svg


def owners(result: Result) -> str:
    """Hectares of available sites per class of owner."""
    study = result.study
    table = result.tables["owners"]
    rows = table[(table["profile"] == "") & (table["area_ha"] > 0)]
    classes = owner_book().classes
    names = [words(one, classes[one].label if one in classes else None)[study.language] for one in rows["owner_class"]]
    return bars(
        "owners", _text("owners", study), names, rows["area_ha"].tolist(), _text("hectares", study), study.language
    )


def windows(result: Result) -> str:
    """Hectares of available sites that reach each term."""
    study = result.study
    rows = result.tables["windows"]
    rows = rows[rows["profile"] == ""]
    names = [_text("years", study, _tick(term, study)) for term in rows["term"]]
    return bars(
        "windows", _text("windows", study), names, rows["area_ha"].tolist(), _text("hectares", study), study.language
    )


def bars(name: str, title: str, labels: list[str], values: list[float], unit: str, language: Language) -> str:
    """Plain bars of anything, in the given order.

    Examples
    --------
    >>> svg = bars("owners", "Owners", ["Municipality", "Others"], [12.5, 30.0], "hectares", "en")
    >>> svg.startswith("<svg"), "Municipality" in svg, "12.5" in svg
    (True, True, True)
    """
    with drawing(name, title, LEAST_HEIGHT + ROW * len(labels)) as made:
        axes, place = made.axes(), np.arange(len(labels))[::-1]
        axes.barh(place, values, color=PALETTE[0], height=0.72)
        for at, value in zip(place, values, strict=True):
            axes.annotate(
                _rounded(value, language), (value, at), (3, 0), textcoords="offset points", va="center", fontsize=8
            )
        _rows(axes, place, labels)
        axes.set_xlabel(shown(unit))
        axes.xaxis.set_major_formatter(lambda value, _: number(value, language))
        axes.set_xlim(0, 1.12 * max([*values, 0]) or 1)
        axes.grid(axis="x", color=GRID)
    return made.svg


def _rows(axes: Axes, place: Any, labels: list[str]) -> None:
    axes.set_yticks(place, [shown(label, LONGEST + 12) for label in labels])
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.tick_params(axis="y", length=0)


def _values(axes: Axes, unit: str, study: Study, *, room: float = 1.0, least: float | None = None) -> None:
    axes.set_xlabel(unit)
    axes.xaxis.set_major_formatter(_format(study))
    axes.grid(axis="x", color=GRID)
    if room > 1:
        axes.set_xlim(0, (axes.dataLim.x1 or 1) * room)
    if least is not None:
        axes.set_xlim(left=least)


def _format(study: Study) -> Callable[[float, float], str]:
    return lambda value, _: number(value, study.language)


def _short(value: float, study: Study) -> str:
    return _rounded(value, study.language)


def _rounded(value: float, language: Language) -> str:
    """A number with as many digits as a bar deserves."""
    return number(round(value, 1 if abs(value) < 100 else 0), language)


def _tick(value: Any, study: Study) -> str:
    """A value of a parameter as people read it."""
    if isinstance(value, bool | str) or value is None:
        return shown(str(value).lower() if isinstance(value, bool) else str(value))
    return number(float(value), study.language)


def _name(study: Study, profile: str) -> str:
    """Label of a profile; matplotlib leaves what begins with an underscore out of its legends."""
    found = next((one.name(study.language) for one in study.profiles if one.id == profile), profile)
    return re.sub("^_", "\N{HAIR SPACE}_", shown(found))


def _parameter(study: Study, keys: tuple[str, ...]) -> str:
    """What a sweep varies, and of whom."""
    labels = dict.fromkeys(label_of(study, key) for key in keys)
    whose = dict.fromkeys(_name(study, profile) for profile in map(profile_of, keys) if profile is not None)
    return "; ".join(labels) + (f" ({', '.join(whose)})" if whose else "")


@cache
def _words() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        files("flexsite.outputs").joinpath("plots.yaml").read_text(encoding="utf-8")
    )
    return loaded


def _text(name: str, study: Study, *about: str) -> str:
    """A text in the language of the study, empty where there is none; `{}` stands for what it is about."""
    of_cells = f"{name}.cells" if study.candidates.grid is not None else name
    text = _words().get(of_cells, _words().get(name, {})).get(study.language, "")
    for part in about:
        text = text.replace("{}", part, 1)
    return text
