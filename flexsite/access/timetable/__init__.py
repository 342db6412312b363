"""The timetable of one service day, from GTFS feeds."""
