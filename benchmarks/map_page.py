"""Tables of what `map.py` has measured, in Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TOOLS = {"flexsite": "flexsite", "folium": "folium.GeoJson", "explore": "geopandas.explore"}
ROWS: dict[str, tuple[str, Callable[[float], str]]] = {
    "bytes": ("HTML, MB", lambda value: f"{value / 1e6:.2f}"),
    "build_s": ("making it, s", lambda value: f"{value:.2f}"),
    "peak_mb": ("memory of that process, MB", lambda value: f"{value:,.0f}"),
    "ready_s": ("ready, s", lambda value: f"{value:.2f}"),
    "memory_mb": ("memory of the renderer, MB", lambda value: f"{value:,.0f}"),
    "frame_p95_ms": ("pan and zoom, 95th frame of 100, ms", lambda value: f"{value:.0f}"),
    "frame_worst_ms": ("pan and zoom, worst frame, ms", lambda value: f"{value:.0f}"),
    "slider_ms": ("slider to repainted frame, ms", lambda value: f"{value:.0f}"),
}


def table(result: dict[str, Any], where: str) -> str:
    """Per number of sites the figures beside what is to be reached; then other tools as multiples."""
    jobs = {(one["sites"], one["tool"]): one for one in result["jobs"]}
    sizes = sorted({sites for sites, tool in jobs if tool == "flexsite"})
    head = " | ".join(f"{size:,} sites | at most" for size in sizes)
    lines = [where, "", f"| what | {head} |", "|---" * (1 + 2 * len(sizes)) + "|"]
    for name, (label, told) in ROWS.items():
        cells = []
        for size in sizes:
            goal = result["data"]["goals"].get(str(size), {}).get(name)
            cells += [_value(jobs[size, "flexsite"], name, told), "" if goal is None else told(goal)]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    others = [one for (_, tool), one in jobs.items() if tool != "flexsite"]
    if others:
        size = others[0]["sites"]
        names = " | ".join(f"{TOOLS[one['tool']]} | times flexsite" for one in others)
        lines += ["", f"| {size:,} sites | flexsite | {names} |", "|---" * (2 + 2 * len(others)) + "|"]
        for name, (label, told) in ROWS.items():
            own = jobs[size, "flexsite"]
            cells = [_value(own, name, told)]
            for one in others:
                cells += [_value(one, name, told), _times(one, own, name)]
            lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _value(found: dict[str, Any], name: str, told: Callable[[float], str]) -> str:
    """A figure; two of them are over the whole map, and three levels closer."""
    value = found.get(name)
    if value is None:
        return str(found["why"]) if "why" in found and name == "bytes" else ""
    return " / ".join(map(told, value)) if isinstance(value, list) else told(value)


def _times(other: dict[str, Any], own: dict[str, Any], name: str) -> str:
    if other.get(name) is None:
        return ""
    pairs = zip(_list(other[name]), _list(own[name]), strict=True)
    return " / ".join(f"{theirs / ours:,.1f}" for theirs, ours in pairs if ours)


def _list(value: Any) -> list[float]:
    return value if isinstance(value, list) else [value]
