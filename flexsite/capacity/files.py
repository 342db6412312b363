"""Norms as files: built in, or a user's own of the same form."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from flexsite.errors import InputError
from flexsite.study.base import StrictModel
from flexsite.study.yaml_source import read

Model = TypeVar("Model", bound=StrictModel)


def load(path: Path, model: type[Model], like: str) -> Model:
    """Read a file of norms.

    Parameters
    ----------
    path
        The file.
    model
        What it holds.
    like
        Where a file of that form is to be seen, for the remedy.

    Raises
    ------
    InputError
        There is no such file, or it is of another form; with the line and the key.
    """
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), remedy="paths start at the folder of the study")
    status = path.stat()
    found = _load(path, status.st_mtime_ns, status.st_size, model, like)
    assert isinstance(found, model)  # noqa: S101  (the cache forgets the type)
    return found


@lru_cache(maxsize=32)
def _load(path: Path, _modified: int, _size: int, model: type[StrictModel], like: str) -> StrictModel:
    document = read(path)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        message, _, remedy = first["msg"].partition("; ")
        where = tuple(part for part in first["loc"] if part != "[key]")
        words = ".".join(str(part) for part in where)
        raise InputError(
            message[0].lower() + message[1:],
            where=document.place(where) + (f", {words}" if words else ""),
            remedy=remedy or f"compare with {like}",
        ) from None
