"""Names and positions of the invented region; none of these places exists.

Positions are in km from the lower left corner of the drawing (see `frame`).
"""

from __future__ import annotations

from dataclasses import dataclass

from flexsite.demo.frame import Km

REGION = "Verzonnen Waard"
SOURCE = "flexsite, invented"


@dataclass(frozen=True)
class Place:
    """A town, village or estate: where it lies, how large it is and what its parts are used for."""

    name: str
    centre: Km
    radius: float
    kind: str
    phases: tuple[float, float, float]
    uses: tuple[str, ...] = ()


# The uses are given out to the outer quarters, anticlockwise from the east.
PLACES = (
    Place("Zilverhoven", (9.6, 11.2), 1080, "town", (0.4, 2.1, 4.0),
          ("bedrijven", "nieuwbouw", "tuinwijk", "groen", "tuinwijk", "naoorlogs")),
    Place("Molmerdam", (7.0, 5.2), 870, "town", (1.9, 0.3, 2.2),
          ("naoorlogs", "groen", "tuinwijk", "nieuwbouw", "bedrijven")),
    Place("Kranewaarde", (14.6, 14.8), 780, "town", (3.3, 1.2, 0.6),
          ("bedrijven", "nieuwbouw", "tuinwijk", "groen", "naoorlogs")),
    Place("Grutterswolde", (5.4, 8.6), 270, "village", (0.2, 1.1, 2.4)),
    Place("Tureluurkerk", (12.6, 8.2), 290, "village", (2.2, 0.1, 1.4)),
    Place("Wulpendorp", (16.2, 9.0), 310, "village", (1.2, 3.1, 0.4)),
    Place("Lepelaarsdijk", (13.0, 4.2), 170, "village", (0.9, 2.6, 5.4)),
    Place("Plevierkoog", (6.2, 15.6), 190, "village", (2.9, 1.6, 3.4)),
    Place("Kluutmeer", (10.2, 16.6), 270, "village", (4.9, 0.6, 1.4)),
    Place("Scholeksterhorn", (16.4, 4.9), 220, "village", (5.9, 1.9, 0.1)),
    Place("Meerkoetsluis", (4.4, 12.6), 290, "village", (3.9, 2.9, 1.1)),
    Place("Waardpoort", (11.75, 10.95), 430, "estate", (1.1, 4.1, 3.0), ("bedrijven",)),
    Place("Zuiderglas", (9.55, 3.05), 520, "estate", (0.3, 2.0, 1.0), ("glas",)),
)  # fmt: skip

# name, a point inside; numbers of the CBS kind, but outside the range in use
MUNICIPALITIES: tuple[tuple[str, str, Km], ...] = (
    ("GM9901", "Zilverhoven", (9.6, 11.2)),
    ("GM9902", "Molmerdam", (7.0, 5.2)),
    ("GM9903", "Kranewaarde", (14.6, 14.8)),
    ("GM9904", "Helmzande", (4.4, 12.6)),
    ("GM9905", "Wulpenland", (16.2, 9.0)),
)
UNCOVERED = "Wulpenland"
# whether parking in the street is regulated; in one municipality nobody knows
PARKING = {"Zilverhoven": "ja", "Molmerdam": "nee", "Kranewaarde": None, "Helmzande": "nee", "Wulpenland": "nee"}

COAST: tuple[Km, ...] = (
    (2.5, 3.3), (1.9, 6.0), (1.6, 9.0), (1.55, 12.0), (1.9, 15.0), (2.9, 17.9), (4.6, 18.7), (6.3, 18.3), (8.2, 18.75),
    (10.3, 18.25), (11.5, 18.55), (13.4, 18.9), (15.6, 18.4), (17.3, 17.6), (18.2, 16.0), (17.9, 14.6), (18.6, 13.2),
    (18.3, 11.6), (18.75, 9.8), (18.4, 8.0), (18.6, 6.2), (17.9, 4.3), (16.6, 3.0), (14.6, 2.2), (13.2, 1.55),
    (11.4, 1.9), (9.6, 1.7), (7.9, 1.15), (6.0, 1.45), (4.2, 1.75), (3.1, 2.3),
)  # fmt: skip
# inland edges of beach, dunes and the wood behind them
BEACH: tuple[Km, ...] = (
    (3.3, 0.5), (2.75, 3.3), (2.1, 6.0), (1.8, 9.0), (1.75, 12.0), (2.1, 15.0), (3.0, 17.4), (3.2, 19.5),
)  # fmt: skip
DUNES: tuple[Km, ...] = (
    (4.4, 0.5), (3.9, 3.2), (3.2, 5.6), (3.15, 8.4), (3.0, 11.2), (3.1, 13.6), (3.5, 15.9), (4.6, 17.6), (4.9, 19.6),
)  # fmt: skip
WOOD: tuple[Km, ...] = (
    (3.85, 2.6), (4.55, 3.6), (4.05, 5.6), (4.35, 7.4), (3.95, 9.4), (3.75, 11.0), (3.4, 12.1), (2.8, 12.4),
)  # fmt: skip
LAKE: tuple[Km, Km] = ((10.9, 6.1), (1.25, 0.78))
MARSH: tuple[Km, ...] = ((14.3, 19.3), (15.0, 17.9), (16.2, 17.2), (17.2, 16.4), (17.4, 15.6), (19.0, 15.2))

# (kind, name, points)
ROADS: tuple[tuple[str, str, tuple[Km, ...]], ...] = (
    ("primary", "Molmerweg", ((9.6, 11.2), (9.15, 9.6), (8.5, 8.0), (7.6, 6.6), (7.0, 5.2))),
    ("primary", "Kraneweg", ((9.6, 11.2), (11.1, 12.35), (13.0, 13.5), (14.6, 14.8))),
    ("primary", "Duinweg", ((9.6, 11.2), (7.4, 11.75), (5.7, 12.2), (4.4, 12.6))),
    ("primary", "Wulpenweg", ((9.6, 11.2), (10.9, 9.75), (12.6, 8.2), (14.5, 8.35), (16.2, 9.0))),
    ("secondary", "Zuiderdijk", ((7.0, 5.2), (9.0, 4.0), (11.0, 3.65), (13.0, 4.2), (14.8, 4.25), (16.4, 4.9))),
    ("secondary", "Oosterdijk", ((16.4, 4.9), (16.95, 7.0), (16.2, 9.0), (16.75, 11.2), (15.8, 13.2), (14.6, 14.8))),
    ("secondary", "Noorderdijk", ((14.6, 14.8), (12.5, 16.2), (10.2, 16.6), (8.2, 16.35), (6.2, 15.6))),
    ("secondary", "Slaperdijk", ((6.2, 15.6), (5.1, 14.1), (4.4, 12.6))),
    ("secondary", "Binnenduinweg", ((4.4, 12.6), (4.75, 10.4), (5.4, 8.6), (6.0, 6.8), (7.0, 5.2))),
    ("secondary", "Grutterweg", ((5.4, 8.6), (7.4, 9.7), (9.6, 11.2))),
    ("secondary", "Kluutweg", ((10.2, 16.6), (10.05, 14.0), (9.6, 11.2))),
    ("tertiary", "Lepelaarsweg", ((12.6, 8.2), (13.3, 6.3), (13.0, 4.2))),
    ("tertiary", "Zuidlaan", ((7.0, 5.2), (6.5, 3.5), (6.1, 1.9))),
    ("tertiary", "Poortweg", ((11.02, 9.63), (11.75, 10.95), (11.75, 12.74))),
    ("unclassified", "Zeedijk Noord", ((8.2, 16.35), (8.0, 18.3))),
    ("unclassified", "Kwelderweg", ((12.5, 16.2), (12.9, 18.5))),
    ("unclassified", "Havenweg", ((14.6, 14.8), (16.1, 15.5), (17.5, 14.9))),
    ("unclassified", "Plevierlaan", ((6.2, 15.6), (5.2, 17.0), (5.0, 18.3))),
    ("unclassified", "Oeverlaan", ((16.95, 7.0), (18.2, 7.2))),
    ("unclassified", "Middenweg", ((7.4, 11.75), (7.5, 14.2), (8.2, 16.35))),
    ("unclassified", "Hooge Weg", ((11.75, 12.74), (11.9, 14.5), (12.5, 16.2))),
    ("unclassified", "Tureluurlaan", ((13.0, 13.5), (14.3, 11.3), (14.5, 8.35))),
    ("unclassified", "Dwarsweg", ((14.3, 11.3), (16.75, 11.2))),
    ("unclassified", "Rietweg", ((14.5, 8.35), (14.95, 6.3), (14.8, 4.25))),
    ("unclassified", "Horneweg", ((14.95, 6.3), (16.9, 6.75))),
    ("unclassified", "Zandweg", ((11.0, 3.65), (11.4, 2.3))),
    ("unclassified", "Noordpolderweg", ((14.6, 14.8), (15.3, 16.4), (15.2, 17.6))),
    ("unclassified", "Lepelaarslaan", ((13.0, 4.2), (13.3, 2.0))),
    ("unclassified", "Glasweg", ((9.6, 3.92), (9.55, 3.05), (9.7, 2.0))),
    ("unclassified", "Veenweg", ((4.75, 10.4), (6.3, 10.9), (7.4, 11.75))),
    ("unclassified", "Lage Weg", ((5.1, 14.1), (7.5, 14.2), (10.05, 14.0), (11.9, 14.5))),
    ("unclassified", "Bosweg", ((6.0, 6.8), (4.9, 5.6), (4.9, 3.7), (6.5, 3.5))),
    (
        "unclassified",
        "Spoordijk",
        ((10.9, 9.75), (9.95, 8.6), (9.05, 7.2), (8.35, 5.6), (8.02, 4.53), (7.75, 3.2), (7.5, 1.5)),
    ),
    ("unclassified", "Duinvoet", ((4.4, 12.6), (3.95, 14.0), (4.1, 15.6), (4.7, 16.7), (5.2, 17.0))),
    ("unclassified", "Tussenweg", ((11.75, 10.95), (12.6, 11.8), (13.7, 12.5), (15.0, 13.05), (15.8, 13.2))),
    ("unclassified", "Zeedijk Oost", ((13.3, 2.6), (15.2, 3.0), (16.8, 4.05), (17.55, 5.6), (17.7, 7.12))),
    ("unclassified", "Zeedijk Zuid", ((9.7, 2.3), (11.35, 2.5), (13.3, 2.6))),
    ("unclassified", "Strandweg", ((6.2, 2.3), (5.0, 2.35), (4.75, 3.0), (4.9, 3.7))),
    ("unclassified", "Buitenweg", ((16.75, 11.2), (17.75, 11.5), (17.8, 12.5), (16.2, 12.55))),
    ("cycleway", "Duinpad", ((4.4, 12.6), (3.3, 12.6), (2.55, 11.0), (2.6, 8.0), (2.9, 5.4), (3.5, 3.0))),
    ("cycleway", "Bospad", ((5.4, 8.6), (4.1, 8.2), (2.6, 8.0))),
    ("cycleway", "Meerpad", ((12.6, 8.2), (11.6, 7.35), (10.2, 7.3), (9.25, 6.4), (7.6, 6.6))),
    ("cycleway", "Vaartpad", ((9.55, 12.0), (9.15, 14.4), (9.25, 16.55))),
)
MOTORWAY: tuple[Km, ...] = (
    (19.4, 13.9), (17.4, 13.0), (14.8, 12.35), (12.9, 11.3), (11.4, 9.1), (9.7, 7.4), (8.95, 5.6), (8.6, 3.6),
    (8.2, 0.6),
)  # fmt: skip
# where a road joins the motorway
JUNCTIONS: tuple[str, ...] = ("Wulpenweg", "Zuiderdijk", "Oosterdijk")
RAIL: tuple[Km, ...] = (
    (15.9, 17.5), (15.65, 15.9), (14.95, 14.35), (13.3, 12.95), (11.5, 11.75), (10.25, 10.55), (9.25, 8.6), (8.2, 6.6),
    (7.55, 5.0), (6.95, 3.2), (6.75, 1.9),
)  # fmt: skip
STATIONS: tuple[tuple[str, Km], ...] = (
    ("Kranewaarde", (14.95, 14.35)),
    ("Zilverhoven Oost", (11.66, 11.86)),
    ("Zilverhoven", (10.25, 10.55)),
    ("Molmerdam", (7.55, 5.0)),
)
CANALS: tuple[tuple[str, float, tuple[Km, ...]], ...] = (
    ("Grote Vaart", 12.0, ((10.7, 6.6), (10.1, 8.6), (9.9, 10.1), (9.76, 10.9))),
    ("Noordervaart", 12.0, ((9.47, 11.59), (9.3, 12.6), (8.95, 14.4), (9.1, 16.8), (9.3, 18.9))),
    ("Zuidvaart", 9.0, ((10.1, 5.7), (8.5, 4.75), (7.1, 4.75), (5.7, 3.9), (5.1, 1.2))),
    ("Oostvaart", 8.0, ((12.0, 6.6), (13.7, 7.1), (15.6, 7.7), (17.4, 7.9), (19.0, 8.9))),
    ("Kranevaart", 8.0, ((9.3, 12.6), (11.0, 13.35), (13.1, 14.6), (14.3, 15.6), (16.5, 16.5), (17.6, 17.6))),
)
BORDERS: tuple[tuple[Km, ...], ...] = (
    ((8.8, 19.5), (8.5, 17.4), (7.9, 15.4), (6.7, 14.6), (6.5, 12.6), (6.4, 10.7), (6.7, 9.0), (5.7, 7.6), (4.2, 6.7),
     (1.0, 6.3)),
    ((6.3, 8.25), (7.4, 8.05), (9.4, 8.05), (10.4, 7.2), (11.1, 6.2), (11.5, 4.6), (11.8, 2.6), (12.0, 1.0)),
    ((10.2, 7.3), (11.3, 8.75), (12.5, 9.9), (14.4, 10.35), (16.4, 10.2), (19.6, 10.7)),
    ((12.6, 9.75), (12.6, 11.4), (12.3, 13.0), (11.4, 14.9), (9.8, 15.2), (7.7, 15.25)),
)  # fmt: skip
