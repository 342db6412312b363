"""Feeds that are broken in ways real ones are: the right answer, or an error that says what to do."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from flexsite.access.timetable.reading import read_timetable
from flexsite.errors import InputError

from .conftest import PLAIN, PLAIN_SAID, RD, TUESDAY, arrays, pack, read, said, write

HEADER, *CALLS = PLAIN["stop_times"].splitlines()
U = "u,09:00:00,09:00:00,A,1\nu,09:10:00,09:10:00,B,2\n"
"""A second trip, that stays whole."""
U_SAID = "u: A 09:00, B 09:10"
TWO_TRIPS = PLAIN["trips"] + "r,wk,u,,\n"


def times(*calls: str) -> str:
    return "\n".join([HEADER, *calls]) + "\n"


def refused(path: Path, *words: str) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    for word in words:
        assert word in str(caught.value)
    assert caught.value.remedy and caught.value.where
    return str(caught.value)


def told(path: Path, *words: str) -> list[str]:
    """Trips that are left, after a single warning with these words."""
    timetable = read(path)
    assert len(timetable.warnings) == 1, timetable.warnings
    for word in words:
        assert word in timetable.warnings[0]
    return said(timetable)


# Files.


@pytest.mark.parametrize("missing", ["stops", "routes", "trips", "stop_times", "calendar"])
def test_a_missing_table(tmp_path: Path, missing: str) -> None:
    refused(write(tmp_path, **{missing: None}), "feed.zip", f"{missing}.txt", "missing", "ask the publisher")


def test_several_missing_tables(tmp_path: Path) -> None:
    refused(write(tmp_path, stops=None, trips=None), "stops.txt and trips.txt are missing")


def test_optional_tables_may_be_missing_or_empty(tmp_path: Path) -> None:
    assert said(read(write(tmp_path, agency=None))) == [PLAIN_SAID]
    headers = {"transfers": "from_stop_id,to_stop_id,transfer_type\n",
               "calendar_dates": "service_id,date,exception_type\n",
               "frequencies": "trip_id,start_time,end_time,headway_secs\r\n"}  # fmt: skip
    assert said(read(write(tmp_path, **headers))) == [PLAIN_SAID]


def test_no_file_no_zip_a_page_and_a_cut_zip(tmp_path: Path) -> None:
    refused(tmp_path / "none.zip", "no such file")
    page = tmp_path / "page.zip"
    page.write_text("<html>Not found</html>")
    refused(page, "page.zip", "is no zip", "download it again")
    whole = write(tmp_path).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.zip", "is no zip, or a damaged one")
    (tmp_path / "stops.txt").write_text(PLAIN["stops"])
    refused(tmp_path / "stops.txt", "give the folder")
    with pytest.raises(InputError, match="there is no feed"):
        read_timetable([], TUESDAY, RD)


def test_a_damaged_table(tmp_path: Path) -> None:
    path = tmp_path / "stored.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in PLAIN.items():
            archive.writestr(f"{name}.txt", text)
    data = path.read_bytes()
    assert data.count(b"t,08:10:00") == 1
    path.write_bytes(data.replace(b"t,08:10:00", b"t,08:15:00"))
    refused(path, "stop_times.txt", "damaged", "download the feed again")


def test_a_locked_table(tmp_path: Path) -> None:
    data = bytearray(write(tmp_path).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag of encryption in all headers
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)
    (tmp_path / "locked.zip").write_bytes(data)
    refused(tmp_path / "locked.zip", "locked with a password", "unpack it")


def test_a_folder_inside_a_folder_itself_and_a_zip_in_a_zip(tmp_path: Path) -> None:
    feed = {**PLAIN, "../__MACOSX/._stops": "junk"}
    assert said(read(pack(tmp_path / "inside.zip", feed, "gtfs/"))) == [PLAIN_SAID]
    folder = tmp_path / "folder" / "gtfs"
    folder.mkdir(parents=True)
    for name, text in PLAIN.items():
        (folder / f"{name.upper()}.TXT").write_text(text)
    assert said(read(folder)) == said(read(folder.parent)) == [PLAIN_SAID]
    write(tmp_path)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "feed.zip", "x/feed.zip")
        archive.writestr("readme.txt", "hello")
    assert said(read(tmp_path / "outer.zip")) == [PLAIN_SAID]
    packed = tmp_path / "packed"
    packed.mkdir()
    write(packed)
    assert said(read(packed)) == [PLAIN_SAID]
    with zipfile.ZipFile(tmp_path / "third.zip", "w") as archive:
        archive.write(tmp_path / "outer.zip", "outer.zip")
    refused(tmp_path / "third.zip", "a zip in a zip in a zip")
    with zipfile.ZipFile(tmp_path / "pair.zip", "w") as archive:
        archive.write(tmp_path / "feed.zip", "one.zip")
        archive.write(tmp_path / "feed.zip", "two.zip")
    refused(tmp_path / "pair.zip", "holds 2 zips", "list the zips")


def test_two_feeds_in_a_zip_and_none(tmp_path: Path) -> None:
    path = pack(
        tmp_path / "two.zip",
        {**{f"bus/{k}": v for k, v in PLAIN.items()}, **{f"rail/{k}": v for k, v in PLAIN.items()}},
    )
    refused(path, "holds 2 feeds, in bus, rail", "list the folders")
    refused(pack(tmp_path / "none.zip", {"readme": "x"}), "holds no tables of a timetable", "stop_times.txt")


# Text.


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be-bom"])
def test_marks_at_the_beginning(tmp_path: Path, encoding: str) -> None:
    def coded(text: str) -> bytes:
        return ("\ufeff" + text).encode("utf-16-be") if encoding == "utf-16-be-bom" else text.encode(encoding)

    plain = {**PLAIN, "stops": PLAIN["stops"].replace("Aa", "Eér")}
    timetable = read(pack(tmp_path / "feed.zip", {name: coded(text) for name, text in plain.items()}))
    assert said(timetable) == [PLAIN_SAID] and timetable.warnings == ()
    assert timetable.stops.name[0] == "Eér"


def test_latin_1_is_read_and_told(tmp_path: Path) -> None:
    text = PLAIN["stops"].replace("Aa", "Curaçao")
    timetable = read(write(tmp_path, stops=text.encode("latin-1")))
    assert timetable.stops.name[0] == "Curaçao"
    assert len(timetable.warnings) == 1 and "stops.txt: is not UTF-8" in timetable.warnings[0]
    both = {name: PLAIN[name].replace("A,", "é,").encode("latin-1") for name in ("stops", "stop_times")}
    assert said(read(write(tmp_path, **both))) == [PLAIN_SAID.replace("A 08", "é 08")]


def test_line_ends_blank_lines_and_blanks(tmp_path: Path) -> None:
    for end in ("\r\n", "\r"):
        assert said(read(write(tmp_path, **{k: v.replace("\n", end) for k, v in PLAIN.items()}))) == [PLAIN_SAID]
    blank = {k: "\n" + v.replace("\n", "\n\n") for k, v in PLAIN.items()}
    assert said(read(write(tmp_path, **blank))) == [PLAIN_SAID]
    spaced = {k: v.replace(",", " , ") for k, v in PLAIN.items()}
    timetable = read(write(tmp_path, **spaced))
    assert said(timetable) == [PLAIN_SAID] and timetable.warnings == ()
    unended = {k: v.rstrip("\n") for k, v in PLAIN.items()}
    assert said(read(write(tmp_path, **unended))) == [PLAIN_SAID]


def test_rows_longer_and_shorter_than_the_header(tmp_path: Path) -> None:
    header, *calls = PLAIN["stop_times"].splitlines()
    short = "\n".join([f"{header},pickup_type,drop_off_type", *calls])
    assert said(read(write(tmp_path, stop_times=short))) == [PLAIN_SAID]
    trailing = "\n".join([header, *(f"{call},," for call in calls)])
    timetable = read(write(tmp_path, stop_times=trailing))
    assert said(timetable) == [PLAIN_SAID] and timetable.warnings == ()
    comma = PLAIN["stops"] + "D,Plein, Oude,52.4,4.92\n"
    assert told(write(tmp_path, stops=comma), "stops.txt: 1 rows do not fit the header") == [PLAIN_SAID]
    latin = PLAIN["stops"] + "D,Curaçao, Oude,52.4,4.92\n"
    assert said(read(write(tmp_path, stops=latin.encode("latin-1")))) == [PLAIN_SAID]


def test_other_separators_and_missing_columns(tmp_path: Path) -> None:
    refused(write(tmp_path, stops=PLAIN["stops"].replace(",", ";")), "stops.txt", "separated by ';'")
    for table, column in (("stops", "stop_lat"), ("trips", "service_id"), ("stop_times", "stop_sequence"),
                          ("calendar", "sunday"), ("routes", "route_type")):  # fmt: skip
        text = PLAIN[table].replace(column, "other", 1)
        refused(write(tmp_path, **{table: text}), f"feed.zip, {table}.txt", f"column {column} missing", "GTFS requires")
    refused(write(tmp_path, stops=""), "stops.txt: the table is empty")
    refused(write(tmp_path, stops=PLAIN["stops"].encode("utf-16-le")), "UTF-16 without a mark")
    refused(write(tmp_path, stops=PLAIN["stops"].split("\n")[0] + "\n"), "there are no stops")
    refused(write(tmp_path, trips=PLAIN["trips"].split("\n")[0]), "there are no trips")
    refused(write(tmp_path, stop_times=HEADER), "stop_times.txt: the table has no rows")


def test_a_quote_that_does_not_end(tmp_path: Path) -> None:
    for column in ("Cee", "1\n"):
        text = PLAIN["trips"].replace(column, f'"{column}') + "r,wk,u,x,0\n" * 3
        refused(write(tmp_path, trips=text), "trips.txt: a quote is opened and not closed", "r,wk,t,")
    inch = PLAIN["trips"].replace("Cee", '5" pipe')
    assert read(write(tmp_path, trips=inch)).trip_headsign.tolist() == ['5" pipe']
    calls = PLAIN["stop_times"].replace("A,1", '"A,1')
    refused(write(tmp_path, stop_times=calls), "stop_times.txt: a quote is opened")


def test_ids_of_a_megabyte(tmp_path: Path) -> None:
    long = "7" * (3 << 20)
    trips, calls = PLAIN["trips"].replace(",t,", f",{long},"), PLAIN["stop_times"].replace("t,08", f"{long},08")
    assert read(write(tmp_path, trips=trips, stop_times=calls)).trip_id.tolist() == [long]


# References.


@pytest.mark.parametrize(
    ("table", "row", "words"),
    [
        ("trips", "r,none,u,,\n", ("service_id", "1 of 2 trips are of a service that no calendar has")),
        ("trips", "none,wk,u,,\n", ("route_id", "1 of 2 trips are of a line that routes.txt has not")),
        ("stop_times", U, ("trip_id", "2 of 5 rows are of a trip that trips.txt has not")),
        ("stop_times", "t,08:15:00,08:15:00,none,9\n", ("stop_id", "1 rows are of a stop that stops.txt has not")),
        ("stop_times", "t,08:15:00,08:15:00,,9\n", ("stop_id", "1 rows are of a stop that stops.txt has not")),
        ("trips", "r,wk,t,again,0\n", ("trip_id", "1 rows repeat an id")),
        ("stops", "A,again,52.3,4.8\n", ("stop_id", "1 rows repeat an id or have none")),
        ("stops", ",,52.3,4.8\n", ("stop_id", "1 rows repeat an id or have none")),
        ("routes", "r,2,again,2\n", ("route_id", "1 rows repeat an id")),
        ("stop_times", CALLS[1] + "\n", ("1 rows say the same as another",)),
        ("trips", "r,wk,empty,,\n", ("1 of 2 trips have no stop times",)),
        ("calendar", "x,1,1,1,1,1,0,0,2026-01-01,20261231\n", ("1 rows of the calendar",)),
        ("calendar", "x,1,1,1,1,1,0,0,20260230,20261231\n", ("1 rows of the calendar",)),
        ("calendar", "x,yes,1,1,1,1,0,0,20260101,20261231\n", ("1 rows of the calendar",)),
    ],
)  # fmt: skip
def test_rows_that_are_set_aside(tmp_path: Path, table: str, row: str, words: tuple[str, ...]) -> None:
    path = write(tmp_path, **{table: PLAIN[table] + row})
    assert told(path, "feed.zip", *words, "set aside") == [PLAIN_SAID]


def test_nothing_that_refers_to_anything(tmp_path: Path) -> None:
    refused(write(tmp_path, stop_times=U and times(*U.splitlines())), "no row is of a trip that runs")
    refused(write(tmp_path, trips=PLAIN["trips"].replace("wk", "none")), "no trip has a service and a line that exist")
    refused(write(tmp_path, routes=PLAIN["routes"].replace("r,", "q,")), "no trip has a service and a line that exist")
    refused(write(tmp_path, calendar=PLAIN["calendar"].split("\n")[0]), "names no day on which anything runs")
    refused(write(tmp_path, calendar=PLAIN["calendar"].replace("wk", "other")), "no trip has a service")


def test_a_calendar_that_never_runs(tmp_path: Path) -> None:
    text = PLAIN["calendar"].replace("20260101,20261231", "20261231,20260101")
    refused(write(tmp_path, calendar=text), "no trip runs on any day of its calendar")
    dates = "service_id,date,exception_type\nwk,20260310,1\nwk,20260310,2\nwk,20260311,1\n"
    refused(write(tmp_path, calendar=None, calendar_dates=dates), "Wednesday 2026-03-11")  # said both: does not run


def test_a_calendar_without_end(tmp_path: Path) -> None:
    text = PLAIN["calendar"].replace("20260101,20261231", "19000101,99991231")
    assert said(read(write(tmp_path, calendar=text))) == [PLAIN_SAID]


# Stop times.


@pytest.mark.parametrize(
    ("calls", "why"),
    [
        (["t,08:00:00,08:00:00,A,1", "t,07:59:59,08:10:00,B,2"], "go back in time"),
        (["t,08:00:00,08:00:00,A,1", "t,08:10:00,08:09:00,B,2", "t,08:20:00,08:20:00,C,3"], "go back in time"),
        (["t,08:00:00,08:00:00,A,1", "t,noon,08:10:00,B,2"], "have a time that cannot be read"),
        (["t,08:00:00,08:00:00,A,1", "t,08:61:00,08:61:00,B,2"], "have a time that cannot be read"),
        (["t,08:00:00,08:00:00,A,1", "t,-1:00:00,08:61:00,B,2"], "have a time that cannot be read"),
        (["t,08:00:00,08:00:00,A,1", "t,08130:00,08930:00,B,2"], "have a time that cannot be read"),
        (["t,,,A,1", "t,08:00:00,08:00:00,B,2"], "have no time at their first or last stop"),
        (["t,08:00:00,08:00:00,A,1", "t,,,B,2"], "have no time at their first or last stop"),
        (["t,08:00:00,08:00:00,A,1"], "have fewer than two stops"),
        (["t,08:00:00,08:00:00,A,1", "t,08:10:00,08:10:00,B,"], "have a stop_sequence that is no number"),
        (["t,08:00:00,08:00:00,A,1", "t,08:10:00,08:10:00,B,two"], "have a stop_sequence that is no number"),
        (["t,08:00:00,08:00:00,A,1", "t,08:10:00,08:10:00,B,2", "t,08:10:00,08:10:00,C,2"], "one stop_sequence"),
    ],
)  # fmt: skip
def test_trips_that_make_no_sense(tmp_path: Path, calls: list[str], why: str) -> None:
    path = write(tmp_path, trips=TWO_TRIPS, stop_times=times(*calls) + U)
    assert told(path, "stop_times.txt: 1 of 2 trips", why, "set aside") == [U_SAID]
    text = refused(write(tmp_path, stop_times=times(*calls)), "none of the 1 trips", why)
    assert "Tuesday 2026-03-10" in text


def test_contradictions_are_counted_the_same_in_any_order(tmp_path: Path) -> None:
    one, other = "t,08:10:00,08:10:00,B,2", "t,08:10:00,08:10:00,C,2"
    texts = []
    for calls in ((one, other, one), (one, one, other), (other, one, one)):
        path = write(tmp_path, trips=TWO_TRIPS, stop_times=times("t,08:00:00,08:00:00,A,1", *calls) + U)
        texts.append(read(path).warnings)
    assert texts[0] == texts[1] == texts[2]
    assert "1 rows say the same" in texts[0][0] and "have two different rows with one stop_sequence" in texts[0][1]


def test_rides_of_no_time_loops_and_gaps_in_the_sequence(tmp_path: Path) -> None:
    calls = [
        "t,08:00:00,08:00:00,A,7",
        "t,08:00:00,08:00:00,B,3",
        "t,08:00:00,08:00:00,A,900",
        "t,08:10:00,08:10:00,A,901",
    ]
    timetable = read(write(tmp_path, stop_times=times(*calls)))
    assert said(timetable) == ["t: B 08:00, A 08:00, A 08:00, A 08:10"] and timetable.warnings == ()


def test_frequencies_that_make_no_sense(tmp_path: Path) -> None:
    header = "trip_id,start_time,end_time,headway_secs,exact_times\n"
    good = "t,07:00:00,07:10:00,600,1\n"
    today = "t 07:00:00: A 07:00, B 07:10-07:11, C 07:20"
    for bad in ("t,07:00:00,07:10:00,0,1\n", "t,07:00:00,07:10:00,-5,1\n", "t,09:00:00,08:00:00,600,1\n",
                "t,x,08:00:00,600,1\n", "t,07:00:00,08:00:00,often,1\n"):  # fmt: skip
        assert told(write(tmp_path, frequencies=header + good + bad), "frequencies.txt: 1 rows")[0] == today
    assert (
        told(write(tmp_path, frequencies=header + good + "none,07:00:00,08:00:00,600,1\n"), "1 rows are of a trip")[0]
        == today
    )
    mad = header + "t,00:00:00,900:00:00,1,1\n"
    refused(write(tmp_path, frequencies=mad), "frequencies.txt: makes 3240000 trips", "headway_secs")


# Places.


def test_latitude_and_longitude_exchanged(tmp_path: Path) -> None:
    text = PLAIN["stops"].replace("stop_lat,stop_lon", "stop_lon,stop_lat")
    refused(write(tmp_path, stops=text), "stops.txt: latitude and longitude are exchanged", "exchange the columns")


@pytest.mark.parametrize("place", ["0,0", "0.0,0.0", "95.0,4.9", "52.3,190"])
def test_a_stop_nowhere(tmp_path: Path, place: str) -> None:
    timetable = read(write(tmp_path, stops=PLAIN["stops"].replace("52.38,4.90", place)))
    assert said(timetable) == ["t: A 08:00, C 08:20"]
    assert len(timetable.warnings) == 2
    assert (
        "1 stops lie at 0, 0" in timetable.warnings[0]
        and "1 rows are of a stop that lies nowhere" in timetable.warnings[1]
    )


@pytest.mark.parametrize("place", [",", "x,y", "52.3,", "nan,inf"])
def test_a_stop_without_a_place(tmp_path: Path, place: str) -> None:
    stops = PLAIN["stops"].replace("52.38,4.90", place)
    refused(write(tmp_path, stops=stops), "1 stops that trips call at have no place (B)", "parent_station")
    header = "stop_id,stop_name,stop_lat,stop_lon,parent_station\n"
    with_parent = f"{header}A,,52.37,4.89,\nB,,{place},C\nC,,52.39,4.91,\n"
    assert said(read(write(tmp_path, stops=with_parent))) == [PLAIN_SAID]
    unserved = PLAIN["stops"] + f"D,,{place}\n"
    assert said(read(write(tmp_path, stops=unserved))) == [PLAIN_SAID]


def test_a_station_that_is_not_there_and_one_that_is_its_own(tmp_path: Path) -> None:
    header = "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
    rows = "A,Aa,52.37,4.89,0,none\nB,Bee,52.38,4.90,0,B\nC,Cee,52.39,4.91,x,\n"
    timetable = read(write(tmp_path, stops=header + rows))
    assert said(timetable) == [PLAIN_SAID] and sorted(timetable.stops.station.tolist()) == [0, 1, 2]
    assert len(timetable.warnings) == 1 and "1 stops name a station that is not there" in timetable.warnings[0]


def test_a_route_type_that_is_none(tmp_path: Path) -> None:
    for kind in ("", "bus", "10", "99", "-1", "99999999999"):
        text = PLAIN["routes"].replace(",3\n", f",{kind}\n")
        assert told(write(tmp_path, routes=text), "1 lines have a type that GTFS does not know") == [PLAIN_SAID]


def test_the_same_twice(tmp_path: Path) -> None:
    """A feed whose rows all are there twice is the feed itself."""
    double = {name: text + text.split("\n", 1)[1] for name, text in PLAIN.items()}
    expected = {k: v for k, v in arrays(read(write(tmp_path))).items() if not k.startswith(("warn", "counts"))}
    found = arrays(read(write(tmp_path, **double)))
    assert {name: found[name] for name in expected} == expected
