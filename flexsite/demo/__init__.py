"""An invented region with every kind of layer that flexsite reads, to try it out, to learn from and to test with."""

from __future__ import annotations

from pathlib import Path

__all__ = ["write", "write_small"]


def write(folder: Path) -> Path:
    """Write the invented region: ordinary files in folder/input and an ordinary folder/study.yaml.

    The same bytes are written every time. Nothing in it exists: places, parcels, owners and plans are made up, and the
    region lies in the open sea.

    Parameters
    ----------
    folder
        Made when it is not there; files of an earlier demo in it are replaced.

    Returns
    -------
    Path of the study file.

    Examples
    --------
    >>> from pathlib import Path
    >>> study = write(Path("demo"))  # doctest: +SKIP
    """
    from flexsite.demo.region import build
    from flexsite.demo.writing import write_region

    return write_region(build(), folder)


def write_small(folder: Path) -> Path:
    """Write a corner of the region, 2.4 x 2.4 km, that runs by itself in seconds; return the path of its study."""
    from flexsite.demo import writing
    from flexsite.demo.region import build

    return writing.write_small(build(), folder)
