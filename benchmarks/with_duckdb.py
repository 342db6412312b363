"""The waterfall and sites with DuckDB spatial, features clipped to the box of each parcel: with_duckdb.py DATA OUT.

Not clipped, the union of whole features per parcel takes many times the memory.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from rules import BUFFER, MIN_AREA, QUADRANT_SEGMENTS, RULES, Sizes


def main(data: str, out: str) -> None:
    sql = duckdb.connect()
    sql.execute("SET preserve_insertion_order = false")
    try:
        import duckdb_extension_spatial  # noqa: PLC0415 - the extension as a package, where there is one

        file = next(Path(duckdb_extension_spatial.__file__).parent.rglob("*.duckdb_extension"))
        sql.execute(f"LOAD '{file}'")
    except ImportError:
        sql.execute("INSTALL spatial; LOAD spatial")

    def layer(name: str) -> str:
        shape = "geometry::GEOMETRY"
        if name in BUFFER:
            shape = f"ST_Buffer({shape}, {BUFFER[name]}, {QUADRANT_SEGMENTS})"
        return f"SELECT id, {shape} AS shape FROM read_parquet('{data}/{name}.parquet')"  # noqa: S608 - our own names

    def note() -> None:
        found = sql.execute("SELECT id, ST_Area(shape) AS area FROM ground").fetchnumpy()
        sizes.add(found["id"], found["area"])

    sql.execute(f"CREATE TABLE ground AS {layer('parcels')}")
    sizes = Sizes(int(sql.execute("SELECT max(id) FROM ground").fetchall()[0][0]) + 1)
    note()
    for name in RULES:
        sql.execute(f"CREATE OR REPLACE TABLE layer AS {layer(name)}")
        sql.execute("""
            CREATE TABLE taken AS
            SELECT ground.id, ST_Union_Agg(ST_Intersection(layer.shape, ST_Envelope(ground.shape))) AS shape
            FROM ground JOIN layer ON ST_Intersects(ground.shape, layer.shape) GROUP BY ground.id
        """)
        sql.execute("""
            CREATE TABLE rest AS
            SELECT id, CASE WHEN taken.shape IS NULL THEN ground.shape
                            ELSE ST_Difference(ground.shape, taken.shape) END AS shape
            FROM ground LEFT JOIN taken USING (id)
        """)
        sql.execute("DROP TABLE ground; DROP TABLE taken")
        sql.execute("CREATE TABLE ground AS SELECT * FROM rest WHERE NOT ST_IsEmpty(shape)")
        sql.execute("DROP TABLE rest")
        note()
    found = sql.execute(
        """
        SELECT id, count(*) AS parts, sum(area) AS area
        FROM (SELECT id, ST_Area(part.geom) AS area FROM (SELECT id, unnest(ST_Dump(shape)) AS part FROM ground))
        WHERE area >= ? GROUP BY id
        """,
        [MIN_AREA],
    ).fetchnumpy()
    sizes.save(out, found["id"], found["parts"], found["area"])


if __name__ == "__main__":
    main(*sys.argv[1:])
