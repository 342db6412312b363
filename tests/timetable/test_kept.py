"""A timetable kept in a folder is the same timetable."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from flexsite.access.timetable.kept import load, save
from flexsite.access.timetable.reading import read_timetable
from flexsite.errors import InputError

from .conftest import PLAIN, RD, TUESDAY, arrays, read, write

STOPS = "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\nA,Čé 'x',52.37,4.89,0,S\nB,,52.38,4.9,0,\n"
STOPS += "C,C,52.39,4.91,0,\nS,S,52.37,4.89,1,\nE,E,52.371,4.891,2,S\n"


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_round_trip_is_exact_and_mapped(tmp_path: Path) -> None:
    transfers = "from_stop_id,to_stop_id,transfer_type\nA,B,3\n"
    one = write(tmp_path, stops=STOPS, transfers=transfers, calendar=PLAIN["calendar"] + "x,1\n")
    timetable = read_timetable([one, one], TUESDAY, RD)
    assert timetable.warnings and len(timetable.stops.entrance_stop)
    kept = folder(tmp_path / "kept")
    save(timetable, kept)
    again = load(kept)
    assert arrays(again) == arrays(timetable)
    assert isinstance(again.arrive.base, np.memmap) and not again.arrive.flags.writeable


def test_an_empty_timetable(tmp_path: Path) -> None:
    nothing = read(write(tmp_path), bounds=(0.0, 0.0, 1.0, 1.0))
    kept = folder(tmp_path / "kept")
    save(nothing, kept)
    assert arrays(load(kept)) == arrays(nothing) and len(load(kept)) == 0


def test_a_folder_that_holds_none_or_another(tmp_path: Path) -> None:
    kept = folder(tmp_path / "kept")
    with pytest.raises(InputError, match="holds no whole timetable"):
        load(kept)
    save(read(write(tmp_path)), kept)
    (kept / "depart.npy").write_bytes((kept / "depart.npy").read_bytes()[:60])
    with pytest.raises(InputError, match="holds no whole timetable"):
        load(kept)
    (kept / "depart.npy").unlink()
    with pytest.raises(InputError, match="holds no whole timetable"):
        load(kept)
    rest = json.loads((kept / "timetable.json").read_text())
    (kept / "timetable.json").write_text(json.dumps({**rest, "form": 0}))
    with pytest.raises(InputError, match="another version"):
        load(kept)
