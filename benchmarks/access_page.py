"""Tables of what `access.py` has measured, in Markdown."""

from __future__ import annotations

from typing import Any

LABELS = {
    "nearest": "nearest of 7 kinds, all sites",
    "total": "jobs within 1,000 m, all sites",
    "points": "entering the streets, sites as points",
    "polygons": "entering the streets, sites as small polygons",
    "centres": "transit: median of 25 departures to 20 centres, all sites",
    "reached": "transit: jobs within 45 minutes, all stops, one departure",
    "level": "PTAL, all sites (ways to stops apart)",
    "timetable": "GTFS zip to the rides of a day",
    "pbf": "OpenStreetMap to a street network",
    "study": "all of it as a study, cold process, warm cache",
}


def table(result: dict[str, Any], where: str) -> str:
    """The jobs of flexsite, then other tools beside them."""
    lines = [
        where, "", "| job | wall s | CPU s | one thread s | first time s | peak MB | checked against |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [f"| {LABELS[name]} | {_ours(found)} | {found['checked']} |" for name, found in result["jobs"].items()]
    parts = [_parts(name, found) for name, found in result["jobs"].items()]
    lines += ["", "Within them, and made before them: " + "; ".join(filter(None, parts)) + "."]
    if result["tools"]:
        lines += [
            "",
            "| job | tool | wall s | CPU s | making a network s | peak MB | answer |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [f"| {LABELS[found['job']]} | {found['tool']} | {_theirs(found)} |" for found in result["tools"]]
    return "\n".join([*lines, ""])


def _ours(found: dict[str, Any]) -> str:
    wall, cpu, peak = (found[name]["median"] for name in ("wall_s", "cpu_s", "peak_mb"))
    alone = f"{found['one_thread']['wall_s']:.2f}" if "one_thread" in found else ""
    first = f"{found['first_s']:.1f}{' (compiling)' if found['compiled'] else ''}" if "first_s" in found else ""
    return f"{wall:.2f} | {cpu:.2f} | {alone} | {first} | {peak:,.0f}"


def _parts(name: str, found: dict[str, Any]) -> str:
    if "filling" in found:
        made = found["filling"]
        return (
            f"{LABELS[name]}: filling an empty cache {made['wall_s']:.1f} s "
            f"({made['cpu_s']:.1f} s CPU, {made['peak_mb']:,} MB)"
        )
    told = ", ".join(f"{what} {took:.2f} s" for what, took in found.get("parts", {}).items())
    return f"{LABELS[name]}: {told}" if told else ""


def _theirs(found: dict[str, Any]) -> str:
    if "why" in found:
        return f"{found['why']} | | | |"
    if found["share"] < 1:
        share = found["share"]
        wall = f"{found['wall_s']:.2f} for {share:.2%} of the sites, so {found['wall_s'] / share:,.0f} for all"
        cpu = f"{found['cpu_s'] / share:,.0f}"
        return f"{wall} | {cpu} | {found['build_s']:.1f} | {found['peak_mb']:,} | {found['checked']}"
    return (
        f"{found['wall_s']:.2f} | {found['cpu_s']:.2f} | {found['build_s']:.1f} | {found['peak_mb']:,} | "
        f"{found['checked']}"
    )
