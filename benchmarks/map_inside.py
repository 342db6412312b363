"""Make one page of a map within one process, and say what that took.

python map_inside.py flexsite|folium|explore SITES FILE
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import folium
import map_region

from flexsite.outputs.map import SiteMap


def flexsite_page(n: int, file: Path) -> tuple[float, float]:
    """The map of this package."""
    data, warm = map_region.map_data(n), map_region.map_data(20)
    SiteMap(warm).html()  # imports, and tables that are made once
    wall, cpu = time.perf_counter(), time.process_time()
    SiteMap(data).save(file)
    return time.perf_counter() - wall, time.process_time() - cpu


def peer_page(tool: str, n: int, file: Path) -> tuple[float, float]:
    """The same sites with a colour by score, a tooltip and a popup, as their manuals show it."""
    data = map_region.map_data(n)
    frame = data.sites[["site_id", "municipality", "owner", "geometry"]].copy()
    frame["score"] = data.suitability["score"].to_numpy().round(1)
    frame["homes"] = data.suitability["homes"].to_numpy()
    fields = ["site_id", "municipality", "owner", "score", "homes"]
    wall, cpu = time.perf_counter(), time.process_time()
    if tool == "explore":
        frame.explore(
            column="score", tooltip=fields[:3], popup=fields, tiles=None, legend=False, prefer_canvas=True
        ).save(file)
        return time.perf_counter() - wall, time.process_time() - cpu
    colours = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"]
    page = folium.Map(location=[52.6, 4.9], zoom_start=10, tiles=None, prefer_canvas=True)
    folium.GeoJson(
        frame.to_crs(4326),
        style_function=lambda one: {
            "fillColor": colours[int(min(4, one["properties"]["score"] // 20))],
            "color": "#333333",
            "weight": 0.5,
            "fillOpacity": 0.7,
        },
        tooltip=folium.GeoJsonTooltip(fields[:3]),
        popup=folium.GeoJsonPopup(fields),
    ).add_to(page)
    page.save(file)
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Make the page that is asked for."""
    tool, n, file = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if tool != "flexsite":
        peer_page(tool, 20, file)  # imports
    wall, cpu = flexsite_page(n, file) if tool == "flexsite" else peer_page(tool, n, file)
    print(json.dumps({"build_s": wall, "build_cpu_s": cpu, "bytes": file.stat().st_size}))


if __name__ == "__main__":
    main()
