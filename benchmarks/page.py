"""Tables of results, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import access_page
import map_page

LABELS = {
    "sites": "waterfall and sites, exact",
    "filling": "the same, filling an empty cache (once)",
    "cached": "the same again, warm cache",
    "buffer": "one buffer changed, all results anew, warm cache",
    "table": "m2 per parcel and rule (`whatif`), no cache",
    "widened": "one buffer changed, `whatif`, warm cache",
    "whatif": "`whatif --off noise`, warm cache",
    "preview": "preview, cells of 10 m, exact shares",
    "centres": "preview, cells of 10 m, by centres",
    "shares": "exact land-use shares per parcel",
}


BUSY = 0.5
"""Load of the machine before the first run, above which figures are upper bounds."""


def _cost(found: dict[str, Any]) -> str:
    wall, cpu, peak = (found[name]["median"] for name in ("wall_s", "cpu_s", "peak_mb"))
    return f"{wall:,.1f} | {cpu:,.1f} | {peak:,.0f}"


def _apart(found: dict[str, Any]) -> str:
    if "why" in found:
        return str(found["why"])
    if "apart_m2" in found:
        return f"{found['apart_m2']:.1g} m2"
    if "apart_ha" in found:
        return f"{found['apart_ha']:,.2f} of {found['exact_ha']:,.0f} ha"
    return str(found["checked"])


def _where(result: dict[str, Any]) -> str:
    machine, versions, data = result["machine"], result["versions"], result["data"]
    jobs = result["jobs"] if isinstance(result["jobs"], list) else list(result["jobs"].values())
    times = {len(job["wall_s"]["all"]) for job in jobs if "wall_s" in job} | {job.get("repeat", 0) for job in jobs}
    parts = [
        f"{_size(data)}, measured {machine['date']} on {machine['cores']} cores ({machine['processor']})",
        f"{machine['memory_gb']} GB, flexsite {versions['flexsite']}, Python {versions['python']}",
        f"medians of {max(times, default=0)}, peak as {machine['memory']}",
    ]
    if machine["load_before"] > BUSY:
        parts.append(f"**the machine was busy before (load {machine['load_before']}): upper bounds**")
    if "parcels" not in data:
        return f"{'; '.join(parts)}."
    totals = ", and the totals of all" if data["totals_checked"] else ""
    return f"{'; '.join(parts)}. Answers of {data['checked']:,} parcels checked one by one{totals}."


def _size(data: dict[str, Any]) -> str:
    if "parcels" in data:
        return f"{data['parcels']:,} parcels"
    if "junctions" not in data:
        return "sites of twenty corners, six criteria"
    names = ("junctions", "streets", "sites", "stops")
    return ", ".join(f"{data[name]:,} {name}" for name in names) + f" and {data['rides']:,} rides a day"


def _access(result: dict[str, Any]) -> str:
    return access_page.table(result, _where(result))


def _map(result: dict[str, Any]) -> str:
    return map_page.table(result, _where(result))


def _land(result: dict[str, Any]) -> str:
    lines = [
        _where(result),
        "",
        "| job | wall s | CPU s | peak MB | apart from GEOS at most, or checked to |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {LABELS[name]} | {_cost(found)} | {_apart(found)} |" for name, found in result["jobs"].items()]
    for name, title in (("whatif", "Questions within one process"), ("shares", "Within the job of shares")):
        seconds = result["jobs"].get(name, {}).get("seconds", {})
        if seconds:
            lines += ["", f"{title}: " + ", ".join(f"{what} {took:.3g} s" for what, took in seconds.items()) + "."]
    return "\n".join([*lines, ""])


def _peers(result: dict[str, Any]) -> str:
    lines = [
        _where(result),
        "",
        "| job | tool | wall s | CPU s | peak MB | apart from GEOS at most, or checked to |",
        "|---|---|---|---|---|---|",
    ]
    for found in result["jobs"].values():
        start = f"| {found['job']} | {found['tool']} |"
        lines.append(
            f"{start} {_cost(found)} | {_apart(found)} |" if "wall_s" in found else f"{start} {found['why']} | | | |"
        )
    return "\n".join([*lines, ""])


def _ground(data: dict[str, Any]) -> int:
    return int(data.get("parcels") or data.get("junctions") or data["sites"])


def tables(results: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Per script (`land`, `peers`, `access`, `map`) the tables of its results, by size."""
    of = {"land": _land, "peers": _peers, "access": _access, "map": _map}
    ordered = sorted(results, key=lambda result: _ground(result["data"]))
    return {name: "\n".join(of[name](result) for result in ordered if result["script"] == name) for name in of}


def filled(text: str, results: Sequence[dict[str, Any]]) -> str:
    """A page with the tables between its marks `<!-- land -->` and `<!-- end -->` (and so for the others)."""
    for name, table in tables(results).items():
        start, end = f"<!-- {name} -->\n", "<!-- end -->"
        if table:
            if text.count(start) != 1 or end not in text.partition(start)[2]:
                raise SystemExit(f"the page has no place for the tables of {name}")
            before, _, after = text.partition(start)
            text = f"{before}{start}\n{table}\n{end}{after.partition(end)[2]}"
    return text


def show(files: Sequence[Path], where: Path | None) -> None:
    """Print tables of results made before, or put them in a page."""
    results = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    if where is None:
        print("\n".join(tables(results).values()))
    else:
        where.write_text(filled(where.read_text(encoding="utf-8"), results), encoding="utf-8")
