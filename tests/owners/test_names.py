"""From the names of owners and the words of rights to classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsite.availability.wording import first_fit, plain
from flexsite.errors import InputError
from flexsite.study.owners import OWNER_CLASSES, Owners, Pattern, name_patterns, owner_book

NAMES = {
    "Gemeente Schagen": "municipality",
    "GEMEENTE  DEN HELDER": "municipality",
    "De Gemeente 's-Gravenhage": "municipality",
    "Gem. Hollands Kroon": "municipality",
    "Schagen, gemeente": "municipality",
    "Gemeente Amsterdam (Grond en Ontwikkeling)": "municipality",
    "Grondbedrijf Gemeente Zaanstad": "municipality",
    "De Staat (Ministerie van Financiën)": "state",
    "Staat (Min. van Defensie)": "state",
    "Staat der Nederlanden, Rijkswaterstaat": "state",
    "Rijksvastgoedbedrijf": "state",
    "Ministerie van Volkshuisvesting en Ruimtelijke Ordening": "state",
    "Staat (Staatsbosbeheer)": "nature_organisation",
    "Vereniging tot Behoud van Natuurmonumenten in Nederland": "nature_organisation",
    "Stichting Landschap Noord-Holland": "nature_organisation",
    "Stichting Het Noordhollands Landschap": "nature_organisation",
    "It Fryske Gea": "nature_organisation",
    "N.V. PWN Waterleidingbedrijf Noord-Holland": "nature_organisation",
    "Provincie Noord-Holland": "province",
    "Provinsje Fryslân": "province",
    "Hoogheemraadschap Hollands Noorderkwartier": "water_board",
    "Waterschap Amstel, Gooi en Vecht": "water_board",
    "Wetterskip Fryslân": "water_board",
    "Nederlandse Waterschapsbank N.V.": "commercial",
    "Stichting Woonstichting Lieven de Key": "corporation",
    "Woningstichting Eigen Haard": "corporation",
    "Stichting Ymere": "corporation",
    "Stichting Beter Wonen": "corporation",
    "Woningbouwvereniging Oostzaanse Volkshuisvesting": "corporation",
    "Stichting Beschermd Wonen Noord": "other",
    "Stichting Bewoners Woningen Oost": "other",
    "BPD Ontwikkeling B.V.": "commercial",
    "Ymere Ontwikkeling B.V.": "commercial",
    "Van der Valk Vastgoed BV": "commercial",
    "V.O.F. Melkveebedrijf De Boer": "commercial",
    "Maatschap J. en P. de Wit": "commercial",
    "Mts. Kuiper": "commercial",
    "Stichting Pensioenfonds ABP": "commercial",
    "Coöperatie Agrifirm U.A.": "commercial",
    "Bouwbedrijf Teerenstra, B.V.": "commercial",
    "ProRail B.V.": "other",
    "Hervormde Gemeente Schagen": "other",
    "Gereformeerde Gemeente te Urk": "other",
    "Vereniging van Eigenaars Woningen Dorpsstraat 1-40": "other",
    "J.P. de Vries": "other",
    "Jansen, A.G.": "other",
    "Staat, P.": "other",
    "Rijk, J. van": "other",
    "Müller-Lüdenscheid": "other",
    "Erven van wijlen C. Bakker": "other",
    "Stichting Rijksmuseum": "other",
    "Onbekend": "unknown",
    "n.v.t.": "unknown",
    "-": "unknown",
    "": "unknown",
}


def classed(names: list[str], owners: Owners | None = None) -> list[str]:
    patterns, otherwise = name_patterns(owners or Owners(layer="own", name="naam"))
    return [
        "unknown" if place == -2 else otherwise if place == -1 else patterns[place].class_
        for place in first_fit(names, patterns).tolist()
    ]


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_names_as_registers_write_them(name: str, expected: str) -> None:
    assert classed([name]) == [expected]


def test_every_class_but_leased_land_is_tried() -> None:
    assert {*NAMES.values(), "municipality_leased"} == set(OWNER_CLASSES)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(NAMES)), st.sampled_from([str.upper, str.lower, str.title, lambda text: f"  {text} "]))
def test_case_and_spaces_mean_nothing(name: str, change: object) -> None:
    assert classed([change(name)]) == classed([name])  # type: ignore[operator]


RIGHTS = {
    "Eigendom (recht van)": ("ownership", False),
    "Volle eigendom": ("ownership", False),
    "Eigendom belast met erfpacht": ("erfpacht", False),
    "Eigendom belast met opstal": ("opstal", False),
    "Eigendom belast met vruchtgebruik": ("other", False),
    "Erfpacht (recht van)": ("erfpacht", True),
    "Opstal (recht van)": ("opstal", True),
    "Vruchtgebruik (recht van)": ("other", True),
    "onbekend": ("unknown", False),
}


@pytest.mark.parametrize(("text", "expected"), RIGHTS.items())
def test_rights_as_registers_word_them(text: str, expected: tuple[str, bool]) -> None:
    fits = owner_book().rights[int(first_fit([text], owner_book().rights)[0])]
    assert (fits.right, fits.holder) == expected


class TestPatterns:
    def pattern(self, **lists: list[str]) -> Pattern:
        return Pattern.model_validate(lists)

    @pytest.mark.parametrize(
        ("lists", "fits", "fails"),
        [
            ({"is": ["het rijk"]}, "Het Rijk", "Het Rijk van Jan"),
            ({"words": ["bv"]}, "Bouw B.V. Noord", "Bouwbv"),
            ({"words": ["eigen haard"]}, "St. Eigen Haard", "Eigen Oude Haard"),
            ({"starts": ["gemeente"]}, "Gemeente Urk", "De Gemeente Urk"),
            ({"ends": ["gemeente"]}, "Urk, gemeente", "Urk gemeente grond"),
            ({"contains": ["woning"]}, "Urker Woningbouw", "Urker wonen"),
            ({"words": ["wonen"], "also": ["stichting"]}, "Stichting Urk Wonen", "Urk Wonen"),
            ({"words": ["wonen"], "unless": ["zorg"]}, "Urk Wonen", "Wonen en Zorg Urk"),
        ],
    )
    def test_each_key(self, lists: dict[str, list[str]], fits: str, fails: str) -> None:
        assert first_fit([fits, fails], [self.pattern(**lists)]).tolist() == [0, -1]

    def test_the_first_that_fits_wins(self) -> None:
        a, b = self.pattern(words=["urk"]), self.pattern(starts=["gemeente"])
        assert first_fit(["Gemeente Urk", "Gemeente Ede"], [a, b]).tolist() == [0, 1]
        assert first_fit(["Gemeente Urk", "Gemeente Ede"], [b, a]).tolist() == [0, 0]

    def test_signs_of_regular_expressions_are_letters_like_others(self) -> None:
        assert first_fit(["Jansen", "a+b (c) Vof"], [self.pattern(words=[".*a+b(c)"])]).tolist() == [-1, 0]

    def test_thousands_of_phrases_are_no_trouble(self) -> None:
        many = self.pattern(**{"is": [f"eigenaar {number}" for number in range(3000)]})
        assert first_fit(["Eigenaar 2999", "Eigenaar 3000"], [many]).tolist() == [0, -1]

    def test_many_names_at_once_equal_one_by_one(self) -> None:
        names = list(NAMES)[::4]
        alone = np.concatenate([first_fit([name], owner_book().patterns) for name in names])
        assert first_fit(names, owner_book().patterns).tolist() == alone.tolist()

    def test_plain_text_has_letters_digits_and_single_spaces(self) -> None:
        assert plain(["  Á.B. -- Ĳssel/1\n", None, "..."]).to_pylist() == [" ab ijssel 1 ", " ", " "]


class TestOwnPatterns:
    def owners(self, folder: Path, content: object) -> Owners:
        path = folder / "own.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return Owners.model_validate({"layer": "own", "name": "naam", "patterns": path})

    def test_come_before_the_built_in_ones(self, tmp_path: Path) -> None:
        own = self.owners(tmp_path, [{"class": "corporation", "is": ["gemeente urk"]}])
        assert classed(["Gemeente Urk", "Gemeente Ede", "Jansen"], own) == ["corporation", "municipality", "other"]

    def test_or_replace_them(self, tmp_path: Path) -> None:
        content = {
            "patterns": [{"class": "state", "words": ["urk"]}], "built_in": False, "otherwise": "unknown",
        }  # fmt: skip
        assert classed(["Gemeente Urk", "Gemeente Ede"], self.owners(tmp_path, content)) == ["state", "unknown"]

    @pytest.mark.parametrize(
        "content",
        [
            [{"class": "landlord", "is": ["Zaphod Beeblebrox"]}],
            [{"class": "state", "iz": ["Zaphod Beeblebrox"]}],
            [{"class": "state", "is": "Zaphod Beeblebrox"}],
            {"Zaphod Beeblebrox": "state"},
            [{"class": "state", "is": ["Zaphod Beeblebrox"], "words": ["..."]}],
            [{"class": "state"}],
            "Zaphod Beeblebrox",
        ],
    )
    def test_a_wrong_file_is_refused_with_its_line_and_without_a_name(self, tmp_path: Path, content: object) -> None:
        with pytest.raises(InputError) as caught:
            name_patterns(self.owners(tmp_path, content))
        assert "own.yaml" in str(caught.value) and "Zaphod" not in str(caught.value)


def test_the_rulebook_says_all_of_every_class() -> None:
    book = owner_book()
    assert set(book.classes) == set(OWNER_CLASSES)
    assert all(kind.basis and kind.certainty and kind.date for kind in book.classes.values())
