"""The waterfall and sites with SedonaDB; parts are split by shapely: with_sedonadb.py DATA OUT."""

from __future__ import annotations

import sys

import numpy as np
import sedonadb
import shapely
from rules import BUFFER, MIN_AREA, QUADRANT_SEGMENTS, RULES, Sizes


def main(data: str, out: str) -> None:
    sedona = sedonadb.connect()

    def keep(name: str, sql: str) -> None:
        sedona.sql(sql).to_memtable().to_view(name, overwrite=True)

    def read(name: str, view: str) -> None:
        sedona.read_parquet(f"{data}/{name}.parquet").to_view("file", overwrite=True)
        shape = "geometry"
        if name in BUFFER:
            shape = f"ST_Buffer(geometry, CAST({BUFFER[name]} AS DOUBLE), 'quad_segs={QUADRANT_SEGMENTS}')"
        # By way of WKB, so that later steps see one type of geometry.
        keep(view, f"SELECT id, ST_GeomFromWKB(ST_AsBinary({shape})) AS shape FROM file")  # noqa: S608 - our own names

    def note() -> None:
        found = sedona.sql("SELECT id, ST_Area(shape) AS area FROM ground").to_pandas()
        sizes.add(found["id"], found["area"])

    read("parcels", "ground")
    sizes = Sizes(int(sedona.sql("SELECT max(id) AS most FROM ground").to_pandas()["most"].iloc[0]) + 1)
    note()
    for name in RULES:
        read(name, "layer")
        keep(
            "taken",
            "SELECT g.id AS of, ST_Union_Agg(l.shape) AS shape FROM ground g JOIN layer l "
            "ON ST_Intersects(g.shape, l.shape) GROUP BY g.id",
        )
        keep(
            "rest",
            "SELECT g.id AS id, ST_GeomFromWKB(coalesce("
            "arrow_cast(ST_AsBinary(ST_Difference(g.shape, t.shape)), 'Binary'), "
            "arrow_cast(ST_AsBinary(g.shape), 'Binary'))) AS shape FROM ground g LEFT JOIN taken t ON g.id = t.of",
        )
        keep("ground", "SELECT id, shape FROM rest WHERE NOT ST_IsEmpty(shape)")
        note()
    rest = sedona.sql("SELECT id, ST_AsBinary(shape) AS shape FROM ground").to_pandas()
    parts, row = shapely.get_parts(shapely.from_wkb(rest["shape"].to_numpy()), return_index=True)
    area = shapely.area(parts)
    large = area >= MIN_AREA
    ids = rest["id"].to_numpy()
    counted = np.bincount(row[large], minlength=len(ids))
    sizes.save(out, ids, counted, np.bincount(row[large], area[large], minlength=len(ids)))


if __name__ == "__main__":
    main(*sys.argv[1:])
