"""Read a finished run of the Noord-Holland study; print its figures, and PBL's published relations beside them.

    python relations.py RUN [--out FILE]

Prints Markdown: homes per profile with and without the access requirement, the same per municipality and per
variant, and relations T1 to T4 of PBL's exploration of 2020 (paper in the bundle of the Discussiedagen Sociale
Huisvesting), each with a null and a verdict. PBL worked with layers and choices that are not public, so nothing here
reproduces its study: a verdict is about what this run can say.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

WITHOUT, WITH, OR_UNKNOWN = "flex_without_pt", "flex_with_pt", "flex_with_pt_or_unknown"
NOORDKOP = ("Den Helder", "Hollands Kroon", "Schagen", "Texel")
NULL = "no_rules"
"""Variant without any rule: all land of the province."""

SUPPORTED, TRIVIAL, CONTRADICTED, NOT_TESTABLE = "supported", "consistent but trivial", "contradicted", "not testable"
NEEDS = {
    "T1": ("buildings", "landuse", "provincial"),
    "T2": ("buildings", "landuse"),
    "T3": ("ownership",),
    "T4": ("buildings", "landuse", "provincial"),
}
"""Layers, by their names in a study, without which a claim about PBL's locations cannot be tested."""
NEED_TEXT = {
    "buildings": "buildings (BAG): locations are unbuilt, our cells include city centres",
    "landuse": "land use (BBG or TOP10NL): PBL left out intensive agriculture, business parks and offices",
    "provincial": "restrictions besides Natura 2000, provincial and national (NNN, landscape, noise, Schiphol)",
    "ownership": "ownership by class of owner (Kadaster)",
    "stops": "stops of the whole province (NDOV), of 2020",
}


@dataclass(frozen=True)
class Part:
    """Sites of one variant, and how each fared per profile."""

    sites: pd.DataFrame
    suitability: pd.DataFrame

    def passing(self, profile: str, requirement: str | None = None) -> pd.DataFrame:
        """Sites suitable for a profile, with its homes.

        With `requirement`, those that do not fail it, whatever else they fail.
        """
        judged = self.suitability[self.suitability["profile"] == profile]
        if requirement is None:
            judged = judged[judged["suitable"]]
        else:
            judged = judged[[not fails(text, requirement) for text in judged["failed"]]]
        return judged[["site_id", "homes"]].merge(self.sites, on="site_id", validate="one_to_one")


@dataclass(frozen=True)
class Run:
    """A finished run: the base and, if there is one, its variant without rules."""

    study: dict[str, Any]
    base: Part
    null: Part | None
    variants: pd.DataFrame | None

    @property
    def unit(self) -> str:
        """What the rows of the run are: cells of a grid are not locations."""
        return "cells" if self.study["candidates"].get("grid") else "sites"

    def missing(self, claim: str) -> list[str]:
        """Layers that a claim needs and the study does not have."""
        return [name for name in NEEDS[claim] if name not in self.study["layers"]]


@dataclass(frozen=True)
class Relation:
    """One published relation, what the run gives, what it would give without any rule, and what follows."""

    id: str
    claim: str
    run: str
    null: str
    verdict: str
    why: str
    would_need: str  # layers that are missing


def fails(failed: str, requirement: str) -> bool:
    """Whether a list of failed requirements names one, missing values included.

    Examples
    --------
    >>> fails("unknown:pt;term", "pt"), fails("term", "pt")
    (True, False)
    """
    return bool({requirement, f"unknown:{requirement}"} & set(failed.split(";")))


def read(folder: Path) -> Run:
    """Read the folder of a finished run.

    Raises
    ------
    SystemExit
        The folder holds no finished run, or one without the profiles of this example.
    """
    if not (folder / "run.json").is_file():
        raise SystemExit(f"{folder}: no finished run (no run.json); run the study with the output parquet first")
    study = json.loads((folder / "run.json").read_text(encoding="utf-8"))["study"]
    lacking = {WITHOUT, WITH, OR_UNKNOWN} - {profile["id"] for profile in study["profiles"]}
    if lacking:
        raise SystemExit(
            f"{folder}: the run lacks the profiles {', '.join(sorted(lacking))} of the Noord-Holland example"
        )
    null = folder / "variants" / NULL
    variants = folder / "variants.csv"
    return Run(
        study,
        _part(folder),
        _part(null) if null.is_dir() else None,
        pd.read_csv(variants) if variants.is_file() else None,
    )


def _part(folder: Path) -> Part:
    wanted = ["site_id", "area_m2", "municipality", "owner", "station_crow_m", "no_stop_data_v"]
    sites = pd.read_parquet(folder / "sites.parquet")
    suitability = pd.read_parquet(
        folder / "suitability.parquet", columns=["site_id", "profile", "suitable", "failed", "homes"]
    )
    return Part(sites[[name for name in wanted if name in sites]], suitability)


def profile_table(run: Run) -> pd.DataFrame:
    """Cells, hectares and homes that suit each profile, at its own density."""
    rows = []
    for profile in run.study["profiles"]:
        found = run.base.passing(profile["id"])
        rows.append(
            {
                "profile": profile["id"],
                "homes_per_ha": f"{profile['unit']['homes_per_ha']:g}",
                run.unit: len(found),
                "ha": found["area_m2"].sum() / 1e4,
                "homes": int(found["homes"].sum()),
            }
        )
    return pd.DataFrame(rows)


def municipality_table(run: Run) -> pd.DataFrame:
    """Per municipality: what is available, and homes without and with the access requirement, lower and upper bound."""
    if "municipality" not in run.base.sites:
        raise SystemExit("the run has no column 'municipality'")

    def per(frame: pd.DataFrame) -> Any:
        return frame.assign(municipality=frame["municipality"].fillna("(none)")).groupby("municipality")

    available = per(run.base.sites)
    table = pd.DataFrame({run.unit: available.size(), "ha": available["area_m2"].sum() / 1e4})
    for name, profile in (
        ("homes_without_pt", WITHOUT),
        ("homes_with_pt_low", WITH),
        ("homes_with_pt_high", OR_UNKNOWN),
    ):
        table[name] = per(run.base.passing(profile))["homes"].sum()
    homes = [name for name in table.columns if name.startswith("homes")]
    table[homes] = table[homes].fillna(0).astype(int)
    return (
        table.rename_axis("municipality")
        .reset_index()
        .sort_values(["ha", "municipality"], ascending=[False, True], ignore_index=True)
    )


def variant_table(run: Run) -> pd.DataFrame | None:
    """What each variant makes suitable, and the difference with the base."""
    if run.variants is None:
        return None
    return run.variants.rename(
        columns={"sites": run.unit, "d_sites": f"d_{run.unit}", "area_ha": "ha", "d_area_ha": "d_ha"}
    )


def drops(part: Part) -> dict[str, tuple[float, float]]:
    """Share of rows, hectares and homes that the access requirement costs: unknown stops as there, and as not."""
    full, low, high = (part.passing(profile, "pt") for profile in (WITHOUT, OR_UNKNOWN, WITH))

    def lost(count: Callable[[pd.DataFrame], float]) -> tuple[float, float]:
        return 1 - count(low) / count(full), 1 - count(high) / count(full)

    return {
        "rows": lost(len),
        "ha": lost(lambda frame: float(frame["area_m2"].sum())),
        "homes": lost(lambda frame: float(frame["homes"].sum())),
    }


def known_only(part: Part) -> Part:
    """The part of a run where stops are known."""
    sites = part.sites[part.sites["no_stop_data_v"].fillna(1.0) < 0.5]
    return Part(sites, part.suitability[part.suitability["site_id"].isin(sites["site_id"])])


def noordkop(part: Part) -> float:
    """Share of the ground that lies in the Noordkop; by area, as a cell at a border holds less than another."""
    area = part.sites["area_m2"]
    return float(area[part.sites["municipality"].isin(NOORDKOP)].sum() / area.sum())


def judge_capacity(homes: float, target: float, missing: list[str]) -> str:
    """T1. Layers that are missing can only take ground away: too little stays too little, enough says nothing yet."""
    if homes < target:
        return CONTRADICTED
    return TRIVIAL if missing else SUPPORTED


def judge_drop(low: float, high: float, threshold: float, missing: list[str]) -> str:
    """T2. A test needs both bounds of the drop on one side, and the locations that the claim is about."""
    if missing or low <= threshold < high:
        return NOT_TESTABLE
    return SUPPORTED if low > threshold else CONTRADICTED


def judge_owners(municipal: float | None, corporation: float | None) -> str:
    """T3. About 10 % municipal (5 to 15), none of corporations."""
    if municipal is None or corporation is None:
        return NOT_TESTABLE
    return SUPPORTED if 0.05 <= municipal <= 0.15 and corporation == 0 else CONTRADICTED


def judge_concentration(share: float, quotient: float | None, missing: list[str]) -> str:
    """T4. Most, and clearly more than the land there (a location quotient of at least 1.2)."""
    if missing or quotient is None:
        return NOT_TESTABLE
    return SUPPORTED if share > 0.5 and quotient >= 1.2 else CONTRADICTED


def relations(run: Run) -> list[Relation]:
    """PBL's relations T1 to T4 beside the run's own figures."""
    return [_capacity(run), _drop(run), _owners(run), _concentration(run)]


def _capacity(run: Run) -> Relation:
    target, missing = 2_000_000, run.missing("T1")
    hectares = run.base.sites["area_m2"].sum() / 1e4
    homes = {profile["id"]: int(run.base.passing(profile["id"])["homes"].sum()) for profile in run.study["profiles"]}
    least = min(homes, key=lambda name: homes[name])
    null = "-"
    if run.null is not None:
        land = run.null.sites["area_m2"].sum() / 1e4
        null = f"all land, {land:,.0f} ha: break-even at {target / land:.1f} homes/ha"
    return Relation(
        "T1",
        "more than two million temporary homes fit in Noord-Holland",
        f"{hectares:,.0f} ha: break-even at {target / hectares:.1f} homes/ha; "
        f"between {homes[least]:,} ({least}) and {max(homes.values()):,} homes",
        null,
        judge_capacity(max(homes.values()), target, missing),
        "Any density above the break-even confirms it.",
        ", ".join(missing),
    )


def _drop(run: Run) -> Relation:
    base, missing, known = drops(run.base), run.missing("T2"), known_only(run.base)
    share = len(known.sites) / len(run.base.sites)
    own = f"{run.unit} {_range(base['rows'])}, ha {_range(base['ha'])}, homes {_range(base['homes'])}; "
    if share:
        own += f"where stops are known ({share:.0%} of the {run.unit}): {_range(drops(known)['rows'])}"
    else:
        own += "stops are known nowhere"
    null = "-" if run.null is None else f"all land: {_range(drops(run.null)['rows'])}"
    if run.null is not None and share:
        null += f"; where stops are known: {_range(drops(known_only(run.null))['rows'])}"
    station = float((run.base.sites["station_crow_m"] > 2000).mean())
    why = "Unknown stops count once as there and once as not. "
    why += f"Without any stop {station:.1%} of the {run.unit} lie beyond 2,000 m of a station; over all land that is "
    why += "no test, and its nearness to the published figure an accident." if abs(station - 0.8) < 0.05 else "no test."
    if share < 1:
        missing = [*missing, "stops"]
    return Relation(
        "T2",
        "with access by public transport as a requirement soon more than 80 % of the locations drop out",
        own,
        null,
        judge_drop(*base["rows"], 0.8, missing),
        why,
        ", ".join(missing),
    )


def _owners(run: Run) -> Relation:
    shares = run.base.sites["owner"].value_counts(normalize=True) if "owner" in run.base.sites else None
    municipal = None if shares is None else float(shares.get("municipal", 0.0))
    corporation = None if shares is None else float(shares.get("corporation", 0.0))
    return Relation(
        "T3",
        "about 10 % of the suitable locations is municipal, none belongs to a housing corporation",
        "-" if municipal is None else f"municipal {municipal:.0%}, corporation {corporation:.0%} of the {run.unit}",
        "-",
        judge_owners(municipal, corporation),
        "A share of owners needs their classes.",
        ", ".join(run.missing("T3")),
    )


def _concentration(run: Run) -> Relation:
    missing, share = run.missing("T4"), noordkop(run.base)
    land = None if run.null is None else noordkop(run.null)
    quotient = share / land if land else None
    if quotient is None:
        why = "The variant without rules is missing, so the share of the land is not known."
    elif quotient < 1.2:
        why = f"Not more than the land there: a location quotient of {quotient:.2f} is no concentration to speak of."
    else:
        why = f"Location quotient {quotient:.2f}."
    return Relation(
        "T4",
        "most locations found lie in the Noordkop",
        f"{share:.1%} of the ground of the {run.unit}"
        + (f", location quotient {quotient:.2f}" if quotient is not None else ""),
        "-" if land is None else f"{land:.1%} of all land, quotient 1 by definition",
        judge_concentration(share, quotient, missing),
        why,
        ", ".join(missing),
    )


def _range(bounds: tuple[float, float]) -> str:
    low, high = (f"{share:.0%}" for share in bounds)
    return low if low == high else f"{low} to {high}"


def markdown(frame: pd.DataFrame) -> str:
    """A table in Markdown: whole numbers with separators, others with one decimal."""

    def shown(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:,.1f}"
        return f"{value:,}" if isinstance(value, int) else str(value)

    rows = [list(frame.columns), ["---"] * len(frame.columns)]
    rows += [[shown(value) for value in row] for row in frame.astype(object).itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def report(run: Run) -> str:
    """The whole text."""
    found = relations(run)
    unit, variants = run.unit, variant_table(run)
    claims = {name: [r.id for r in found if name in r.would_need.split(", ")] for name in NEED_TEXT}
    lacking = [(text, ", ".join(claims[name])) for name, text in NEED_TEXT.items() if claims[name]]
    parts = [
        f"# {run.study['name']}",
        f"{len(run.base.sites):,} {unit}, {run.base.sites['area_m2'].sum() / 1e4:,.0f} ha available. "
        f"Date {run.study['date']}, term {run.study['term']:g}, strictness {run.study.get('strictness', 'hard')}."
        + (
            f" {unit.capitalize()} of {run.study['candidates']['grid']:g} m are not locations."
            if unit == "cells"
            else ""
        ),
        "## Homes per profile",
        markdown(profile_table(run)),
        "## Per municipality",
        "With the access requirement two bounds: `low` takes stops that are not known as absent, `high` as present.",
        markdown(municipality_table(run)),
        *(["## Variants", markdown(variants)] if variants is not None else []),
        "## PBL's published relations beside this run",
        "None of this reproduces PBL's study, whose layers and choices are not public.",
        markdown(pd.DataFrame([vars(relation) for relation in found])),
        "## What would make the claims testable",
        markdown(pd.DataFrame(lacking, columns=["missing layer", "claims"])),
    ]
    return "\n\n".join(parts) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Print the report of a finished run, or write it to a file."""
    parser = argparse.ArgumentParser(
        description="Figures of a finished Noord-Holland run, and PBL's published relations beside them."
    )
    parser.add_argument("run", type=Path, help="folder of the finished run")
    parser.add_argument("--out", type=Path, help="Markdown file to write instead of printing")
    given = parser.parse_args(arguments)
    text = report(read(given.run))
    if given.out is None:
        sys.stdout.write(text)
    else:
        given.out.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
