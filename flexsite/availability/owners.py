"""Whose land a site is: classes of owners, rights, and marks for pre-emption and public selection.

Names of owners are read here, made into classes, and forgotten: nothing that leaves this module holds one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from flexsite.availability.touching import counts
from flexsite.availability.wording import first_fit, plain
from flexsite.errors import InputError
from flexsite.geometry import Floats, Geometries, Indices, are_polygons, overlap
from flexsite.study.owners import OWNER_CLASSES, RIGHTS, Owners, name_patterns, owner_book
from flexsite.study.rule import Touch
from flexsite.values import text_of, texts_of

if TYPE_CHECKING:
    from flexsite.availability.sites import Sites
    from flexsite.layers import Layers
    from flexsite.study.models import Study

Mask = NDArray[np.bool_]
Bounds = tuple[float, float, float, float]
UNKNOWN = OWNER_CLASSES.index("unknown")
MUNICIPAL, LEASED = OWNER_CLASSES.index("municipality"), OWNER_CLASSES.index("municipality_leased")
_NO_RIGHT, _ERFPACHT = RIGHTS.index("unknown"), RIGHTS.index("erfpacht")
_ORDER = np.array([*sorted(set(range(len(OWNER_CLASSES))) - {UNKNOWN}, key=OWNER_CLASSES.__getitem__), UNKNOWN])
"""Classes in code point order, unknown last: of equal shares the first holds."""
_RIGHT_ORDER = np.array([*sorted(set(range(len(RIGHTS))) - {_NO_RIGHT}, key=RIGHTS.__getitem__), _NO_RIGHT])


@dataclass(frozen=True)
class Owned:
    """Whose land each site is.

    Attributes
    ----------
    area_m2
        (sites, classes): ground of each class, `OWNER_CLASSES` in their order; the rest of the site is unknown.
    right
        Place in `RIGHTS` of the right on the ground of the largest owner.
    preemption
        Sites that a right of pre-emption touches.
    preemption_unknown
        Sites of which that is not known.
    notes
        What a reader of the run should know, with counts.
    """

    area_m2: Floats
    right: Indices
    preemption: Mask
    preemption_unknown: Mask
    notes: tuple[str, ...]

    @property
    def owner(self) -> Indices:
        """Place in `OWNER_CLASSES` of the class that holds most of each site."""
        return _largest(self.area_m2, _ORDER)

    def classes(self) -> NDArray[np.object_]:
        """Its name."""
        return np.array(OWNER_CLASSES, dtype=object)[self.owner]

    def share(self, site_m2: Floats) -> Floats:
        """Its share of each site, 0..1."""
        held = self.area_m2[np.arange(len(self.area_m2)), self.owner]
        return np.minimum(held / site_m2, 1.0)

    def rights(self) -> NDArray[np.object_]:
        """Names of the rights."""
        return np.array(RIGHTS, dtype=object)[self.right]

    def prices(self) -> NDArray[np.object_]:
        """Class of the price of land of the largest owner: low, middle, high or unknown."""
        kinds = owner_book().classes
        return np.array([kinds[name].price for name in OWNER_CLASSES], dtype=object)[self.owner]

    def public_selection(self, site_m2: Floats) -> Mask:
        """Sites of which a public body that must give everybody a chance owns so much that it counts."""
        kinds = owner_book().classes
        public = [kinds[name].public_selection for name in OWNER_CLASSES]
        return counts(self.area_m2[:, public].sum(axis=1), site_m2, Touch())


def find_owners(sites: Sites, study: Study, layers: Layers, bounds: Bounds) -> Owned:
    """Read who owns the ground of the sites.

    Raises
    ------
    InputError
        A layer is a raster or holds no polygons, or the patterns are wrong; no message holds a name.
    """
    owners = study.owners
    if owners is None:
        raise ValueError("the study has no owners")
    spec, place = study.layers[owners.layer], f"owners, layer '{owners.layer}'"
    _refuse_raster(owners.layer, layers, place)
    frame = layers.vector(owners.layer, bounds=bounds, columns=owners.columns()).frame
    polygons = frame.geometry.to_numpy()
    usable = are_polygons(polygons)
    if len(polygons) and not usable.any():
        raise InputError(
            "its features are not polygons", where=f"{place} ({spec.path.name})", remedy="give the ground of each owner"
        )
    frame, polygons = frame[usable], polygons[usable]
    held, notes = _classes(frame, owners)
    right, holder = _rights(frame, owners)
    polygons, held, right = _one_owner(polygons, held, right, holder)
    known = held != UNKNOWN
    if not known.any():
        notes.append(f"owners: layer '{owners.layer}' tells of no owner here; all ground counts as unknown")
    area, its_right = shares(sites, polygons[known], held[known], right[known])
    pre, pre_unknown = _preempted(sites, owners, study, layers, bounds)
    return Owned(area, its_right, pre, pre_unknown, tuple(notes))


def _refuse_raster(name: str, layers: Layers, place: str) -> None:
    if layers.is_raster(name):
        raise InputError("owners are polygons, and this layer is a raster", where=place, remedy="name a vector layer")


def _classes(frame: pd.DataFrame, owners: Owners) -> tuple[Indices, list[str]]:
    """Class of each feature, and what to say of it."""
    if owners.name is not None:
        patterns, otherwise = name_patterns(owners)
        texts = texts_of(frame[owners.name].to_numpy(dtype=object))
        codes, names = pd.factorize(np.array(texts, dtype=object))
        means = [*(OWNER_CLASSES.index(one.class_) for one in patterns), UNKNOWN, OWNER_CLASSES.index(otherwise)]
        return np.array(means)[first_fit(cast("list[str]", list(names)), patterns)][codes], []
    listed = {name.strip(): OWNER_CLASSES.index(ours) for name, ours in owners.classes.items()}
    usual = _usual()
    values = [text_of(value).strip() for value in frame[owners.class_].to_numpy(dtype=object)]
    codes, distinct = pd.factorize(np.array(values, dtype=object))
    found = [
        listed.get(text, usual.get(key)) for text, key in zip(distinct, plain(list(distinct)).to_pylist(), strict=True)
    ]
    strange = np.array([place is None and text != "" for place, text in zip(found, distinct, strict=True)], dtype=bool)
    notes = []
    if strange.any():
        count = int(strange[codes].sum())
        notes.append(
            f"owners: {count} of {len(codes)} features of layer '{owners.layer}' have a class that 'classes' does not "
            f"list ({int(strange.sum())} different ones); they count as unknown"
        )
    return np.array([UNKNOWN if place is None else place for place in found], dtype=np.intp)[codes], notes


def _usual() -> dict[str, int]:
    """Places of classes by the words that usually stand for them, and by their own names."""
    book = owner_book()
    words = [(word, name) for name, kind in book.classes.items() for word in (*kind.words, name)]
    keys = plain([word for word, _ in words]).to_pylist()
    return {key: OWNER_CLASSES.index(name) for key, (_, name) in zip(keys, words, strict=True)}


def _rights(frame: pd.DataFrame, owners: Owners) -> tuple[Indices, Mask]:
    """Right of each feature, and whether somebody else than the owner of the ground has it."""
    if owners.right is None:
        return np.full(len(frame), _NO_RIGHT, dtype=np.intp), np.zeros(len(frame), dtype=bool)
    patterns = owner_book().rights
    texts = texts_of(frame[owners.right].to_numpy(dtype=object))
    codes, distinct = pd.factorize(np.array(texts, dtype=object))
    fit = first_fit(cast("list[str]", list(distinct)), patterns)
    # -1 and -2, a text that nothing fits and none at all, find the two last.
    rights = np.array([*(RIGHTS.index(one.right) for one in patterns), _NO_RIGHT, _NO_RIGHT], dtype=np.intp)
    holders = np.array([*(one.holder for one in patterns), False, False], dtype=bool)
    return rights[fit][codes], holders[fit][codes]


def _one_owner(
    polygons: Geometries, held: Indices, right: Indices, holder: Mask
) -> tuple[Geometries, Indices, Indices]:
    """Each piece of ground once per owner: a register has a row for everybody with a right on a parcel.

    Where the owner of the ground is there too, those with a lesser right are left out, and their right is noted with
    the owner. Municipal land in erfpacht becomes leased.
    """
    boxes = shapely.bounds(polygons)
    rows = pd.DataFrame({**{f"b{i}": boxes[:, i] for i in range(4)}, "area": shapely.area(polygons)})
    parcel = rows.groupby(list(rows.columns), sort=False, dropna=False).ngroup().to_numpy()
    count = int(parcel.max()) + 1 if len(parcel) else 0
    has_owner, leased, built = (np.zeros(count, dtype=bool) for _ in range(3))
    has_owner[parcel[~holder & (held != UNKNOWN)]] = True
    leased[parcel[right == _ERFPACHT]] = True
    built[parcel[right == RIGHTS.index("opstal")]] = True
    kept = ~(holder & has_owner[parcel])
    right = np.where(leased[parcel] & kept & has_owner[parcel], _ERFPACHT, right)
    right = np.where(built[parcel] & kept & has_owner[parcel] & (right != _ERFPACHT), RIGHTS.index("opstal"), right)
    held = np.where((held == MUNICIPAL) & (right == _ERFPACHT), LEASED, held)
    first = ~pd.DataFrame({"parcel": parcel, "held": held, "right": right, "kept": kept}).duplicated().to_numpy()
    keep = kept & first
    return polygons[keep], held[keep].astype(np.intp), right[keep].astype(np.intp)


def shares(sites: Sites, polygons: Geometries, held: Indices, right: Indices) -> tuple[Floats, Indices]:
    """Ground of each class on each site, and the right on that of the largest.

    Where owners overlap, such as two who own a parcel together, they share the site in proportion.
    """
    row, value, area = overlap(sites.geometry, polygons, held * len(RIGHTS) + right, union=True)
    owner, its_right = np.divmod(value.astype(np.intp), len(RIGHTS))
    total = np.bincount(row, weights=area, minlength=len(sites))
    area = area * np.minimum(sites.area_m2[row] / total[row], 1.0)
    width = len(OWNER_CLASSES)
    flat = np.bincount(row * width + owner, weights=area, minlength=len(sites) * width)
    classes: Floats = flat.astype(float).reshape(len(sites), width)
    classes[:, UNKNOWN] = np.maximum(np.round(sites.area_m2 - classes.sum(axis=1), 2), 0.0)
    mine = np.flatnonzero(owner == _largest(classes, _ORDER)[row])
    order = mine[np.lexsort((np.argsort(_RIGHT_ORDER)[its_right[mine]], -area[mine], row[mine]))]
    first = order[np.unique(row[order], return_index=True)[1]]
    found = np.full(len(sites), _NO_RIGHT, dtype=np.intp)
    found[row[first]] = its_right[first]
    return classes, found


def _largest(values: Floats, order: NDArray[np.int64]) -> Indices:
    """Place of the largest value of each row; of equal ones that which comes first in the order."""
    found: Indices = order[np.argmax(values[:, order], axis=1)].astype(np.intp)
    return found


def _preempted(sites: Sites, owners: Owners, study: Study, layers: Layers, bounds: Bounds) -> tuple[Mask, Mask]:
    """Sites that a right of pre-emption touches, and those of which it is not known."""
    none = np.zeros(len(sites), dtype=bool)
    name = owners.preemption
    if name is None or not len(sites):
        return none, none
    place = f"owners.preemption, layer '{name}'"
    _refuse_raster(name, layers, place)
    polygons = layers.vector(name, bounds=bounds).frame.geometry.to_numpy()
    usable = are_polygons(polygons)
    if len(polygons) and not usable.any():
        raise InputError(
            "its features are not polygons",
            where=f"{place} ({study.layers[name].path.name})",
            remedy="give the ground under the right",
        )
    marked = counts(_under(sites, polygons[usable]), sites.area_m2, Touch())
    coverage = layers.coverage(name, bounds=bounds).polygons
    if coverage is None:
        return marked, none
    outside = np.round(sites.area_m2 - _under(sites, coverage), 2)
    return marked, (outside > 0) & counts(outside, sites.area_m2, Touch())


def _under(sites: Sites, polygons: Geometries) -> Floats:
    """m2 of each site under polygons, which may overlap."""
    found = np.zeros(len(sites))
    row, _, area = overlap(sites.geometry, polygons, np.zeros(len(polygons), dtype=np.intp), union=True)
    found[row] = area
    return found
