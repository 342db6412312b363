"""Write down what the planner finds in Porto Alegre: `cd tests && python -m oracle.record ../../shared/data`.

Takes some minutes of one core. `tests/real/test_porto_alegre.py` works out a sample again and holds
the product to all.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path

from .planner import Walks, percentile, window
from .town import PortoAlegre, Way

RECORDED = Path(__file__).parent / "recorded"
LEAVES = window("14:00", "14:30")
MINUTES = (30, 45, 60)
OPPORTUNITIES = ("jobs", "schools")
USUAL = Way()


def matrix_row(town: PortoAlegre, origin: str) -> list[tuple[str, str, float, float, float, float]]:
    """From a site to the points of interest: median and 85th percentile in seconds, changes, share with a journey."""
    egress = {key: town.legs(key, Way()) for key in town.points}
    rows = []
    for key, ways in town.matrix(("site", origin), egress, LEAVES, Way()).items():
        times = [way[0] for way in ways]
        changes = percentile([max(way[1] - 1, 0) for way in ways], 0.5)
        share = sum(map(math.isfinite, times)) / len(times)
        rows.append((origin, str(key), percentile(times, 0.5), percentile(times, 0.85), changes, round(share, 4)))
    return rows


def sums(
    town: PortoAlegre, egress: Mapping[Hashable, Walks], origin: str, whats: Sequence[str], way: Way = USUAL
) -> list[int]:
    """Jobs, schools within so many minutes of a site, by median time."""
    found = town.matrix(("site", origin), egress, LEAVES, way)
    medians = {str(key): percentile([way[0] for way in ways], 0.5) for key, ways in found.items()}
    return [
        sum(int(town.hexagons[key][what] or 0) for key, median in medians.items() if median <= 60 * minutes)
        for what in whats
        for minutes in MINUTES
    ]


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (RECORDED / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(data: Path, *how: str) -> None:
    town = PortoAlegre(data, *how)
    rows = [row for origin in town.sites for row in matrix_row(town, origin)]
    write("porto_alegre_matrix.csv", ("from", "to", "median_s", "p85_s", "changes", "share"), rows)
    egress = {key: town.legs(key, Way()) for key in town.hexagons if key in town.reached}
    header = ["hexagon", *(f"{what}_{minutes}" for what in OPPORTUNITIES for minutes in MINUTES)]
    write("porto_alegre_sums.csv", header, ([key, *sums(town, egress, key, OPPORTUNITIES)] for key in town.sample))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
