"""Tiles on a Dask cluster: workers read their part from a shared folder and put the results into it.

Data travel as files of a cache that all workers see, never as objects: a task is told paths and settings, and answers
with the key of the tile it put there. So a worker that dies costs one tile, a run that stops goes on from what is
there, and every worker does exactly what a thread of one machine does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from flexsite.availability import kept
from flexsite.availability.sharing import Job, part, share
from flexsite.availability.tile import Tile, Wanted
from flexsite.availability.work import contents_of, recipe, remembered, tile_key
from flexsite.cache import Cache
from flexsite.cache.keys import surroundings
from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.geometry import WORKERS, Indices

if TYPE_CHECKING:
    from distributed import Client, Future, Worker

    from flexsite.availability.footprint import Footprint
    from flexsite.availability.window import Clock
    from flexsite.study.models import Study

LOCAL = "local"
PATIENCE = 60.0
"""Seconds without any worker after which a run gives up: a nanny starts a new one within a few."""
_ANSWER = 10.0
"""Seconds within which a scheduler must answer."""
_GLANCE = 2.0
"""Seconds after which the workers are looked at when no tile was finished meanwhile."""
_SEEN_WITHIN = 65.0
"""Seconds after which a file of another machine must be seen here; NFS looks again after 60."""
_AGAIN = 2
"""How often a tile that failed is tried again, maybe on another worker."""
_KEPT = "finished tiles are kept: go on with --resume"


class Done(NamedTuple):
    """What a task answers: the key of its tile and whether it was known, or else what is wrong with the worker."""

    key: str
    known: bool
    wrong: str
    worker: str


@dataclass(frozen=True)
class Cluster:
    """A Dask scheduler that answered, at some address."""

    client: Client
    address: str


@contextmanager
def reached(scheduler: str | Cluster, workers: int | None = None) -> Iterator[Cluster]:
    """The cluster of a scheduler, let go of at the end.

    Parameters
    ----------
    scheduler
        Address such as `tcp://10.0.0.1:8786`, or `local` for a cluster of processes on this machine, which ends with
        the block. A cluster that was reached before is given back as it is.
    workers
        Processes of `local`; None for all cores.

    Raises
    ------
    InputError
        Dask is not installed, or the scheduler does not answer.
    """
    if isinstance(scheduler, Cluster):
        yield scheduler
        return
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InputError(
            "Dask is not installed", where=f"--scheduler {scheduler}", remedy="pip install flexsite[cluster]"
        ) from error
    with _quiet():
        own = None
        try:
            if scheduler == LOCAL:
                own = LocalCluster(
                    n_workers=workers or os.cpu_count() or 1,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                    preload=[__name__],  # calls `dask_setup`
                )
            client = Client(own or scheduler, timeout=_ANSWER, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            if own is not None:
                own.close()
            raise InputError(
                f"no Dask scheduler answers ({_short(error)})",
                where=f"--scheduler {scheduler}",
                remedy="start `dask scheduler` there and check the address, or leave the option out",
            ) from error
        try:
            yield Cluster(client, scheduler)
        finally:
            with suppress(OSError, RuntimeError):  # the scheduler may be gone
                client.close(timeout=_GLANCE)
            if own is not None:
                own.close()


def tiled(
    cluster: Cluster,
    cache: Cache,
    shapes: Flat,
    rows: Sequence[Indices],
    footprints: Mapping[str, Footprint],
    study: Study,
    clock: Clock,
    wanted: Wanted,
) -> tuple[list[Tile], int, list[str]]:
    """Deal with every tile of candidates on a cluster; parameters and result as `Crew.tiles`.

    Parameters
    ----------
    cache
        In a folder that all workers see under the same path.

    Raises
    ------
    InputError
        The scheduler or all workers are lost, or a worker does not fit: the folder is closed to it, or its flexsite or
        libraries are others than here.
    """
    job = share(cache, shapes, rows, footprints, study, clock, wanted)
    try:
        _refuse_unfit(cluster, job)
        done = _answers(cluster, job, len(rows))
    except (OSError, asyncio.CancelledError) as error:
        raise _lost(cluster, error) from error
    found = [kept.load(_seen(cache, one, cluster)) for one in done]
    return found, sum(one.known for one in done), [one.key for one in done]


def unfit(made_with: Mapping[str, str], folder: Path) -> str:
    """What keeps this process from dealing with tiles of another's run, in words; empty when nothing does.

    Parameters
    ----------
    made_with
        `flexsite.cache.keys.surroundings` of the process that runs the study.
    folder
        One that this process must see.
    """
    own = surroundings()
    others = [name for name in sorted({*own, *made_with}) if own.get(name) != made_with.get(name)]
    if others:
        return f"has another {' and '.join(others)} than the machine that runs the study"
    if not os.access(folder, os.R_OK | os.X_OK):
        return f"does not see the folder '{folder}'"
    return ""


async def dask_setup(worker: Worker) -> None:  # noqa: ARG001
    """Leave Ctrl-C, which a terminal sends to all processes, to the one that runs the study; Dask asks for the name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def deal(made_with: Mapping[str, str], folder: Path, pickled: bytes, number: int) -> Done:
    """Deal with one tile, on a worker."""
    from distributed import get_worker

    name = str(get_worker().address)
    wrong = unfit(made_with, folder)
    if wrong:  # it came after the others were looked at
        return Done("", False, wrong, name)
    job: Job = pickle.loads(pickled)  # noqa: S301 - from our own client
    WORKERS.set(1)
    try:
        shapes, near = part(job, number)
    except OSError as error:
        return Done("", False, f"cannot read the folder '{job.cache}' ({_short(error)})", name)
    contents = contents_of(near)
    key = tile_key(shapes, contents, recipe(job.study, job.wanted))
    with Cache(job.cache) as cache:
        known = cache.get(kept.KIND, key) is not None
        if not known:
            remembered(shapes, near, contents, job.study, job.clock, job.wanted, key, cache)
        told: list[str] = []
        cache.tell(lambda _, text: told.append(text))
    return Done(key, known, f"says: {told[0]}" if told else "", name)


def _refuse_unfit(cluster: Cluster, job: Job) -> None:
    """Refuse workers that cannot do the work, before any of it is given out."""
    try:
        cluster.client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise _no_workers(cluster) from None
    answers = cluster.client.run(unfit, surroundings(), job.candidates, on_error="return")
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, OSError):
            continue  # it just went; others, or its nanny, go on
        if isinstance(answer, Exception):
            raise _refused(worker, f"cannot run this flexsite ({_short(answer)})")
        if answer:
            raise _refused(worker, answer)


def _answers(cluster: Cluster, job: Job, count: int) -> list[Done]:
    """Give the tiles out and wait for all of them."""
    client, run, ended = cluster.client, uuid4().hex, Queue[Any]()
    told = surroundings(), job.candidates, pickle.dumps(job)
    futures = [
        client.submit(deal, *told, number, key=f"flexsite-{run}-{number}", retries=_AGAIN, pure=False)
        for number in range(count)
    ]
    try:
        for future in futures:
            future.add_done_callback(ended.put)
        answers: dict[Any, Done] = {}
        seen = time.monotonic()
        while len(answers) < count:
            try:
                future = ended.get(timeout=_GLANCE)
            except Empty:
                if client.status != "running":
                    raise _lost(cluster) from None
                if client.nthreads():
                    seen = time.monotonic()
                elif time.monotonic() - seen > PATIENCE:
                    raise _no_workers(cluster) from None
                continue
            answers[future.key] = _answer(cluster, future)
            seen = time.monotonic()
        return [answers[future.key] for future in futures]
    finally:
        with suppress(OSError, RuntimeError, asyncio.CancelledError):  # the scheduler may be gone
            client.cancel(futures)


def _answer(cluster: Cluster, future: Future[Done]) -> Done:
    """What a task answered, or the error that it ended with."""
    from distributed.scheduler import KilledWorker

    if future.cancelled():  # by nobody but a scheduler that forgot it
        raise _lost(cluster)
    error = future.exception()
    if isinstance(error, KilledWorker):
        raise InputError(
            f"a tile ended {error.allowed_failures + 1} workers, the last one {error.last_worker.address}",
            where=f"--scheduler {cluster.address}",
            remedy=f"give workers more memory; {_KEPT}",
        ) from error
    if error is not None:
        raise error
    done = future.result()
    if done.wrong:
        raise _refused(done.worker, done.wrong)
    return done


def _seen(cache: Cache, done: Done, cluster: Cluster) -> Path:
    """The folder of a tile that a worker finished; a network file system may show it a little later."""
    until = time.monotonic() + (0.0 if cluster.address == LOCAL else _SEEN_WITHIN)
    while True:
        folder = cache.get(kept.KIND, done.key)
        if folder is not None:
            return folder
        if time.monotonic() > until:
            raise _refused(done.worker, f"put a tile into '{cache.folder}' that is not there on this machine")
        time.sleep(1.0)


def _refused(worker: str, wrong: str) -> InputError:
    return InputError(
        f"it {wrong}",
        where=f"worker {worker}",
        remedy="all workers need the same flexsite and libraries, and the shared folder under the same path",
    )


def _no_workers(cluster: Cluster) -> InputError:
    return InputError(
        f"the scheduler has had no worker for {PATIENCE:.0f} s",
        where=f"--scheduler {cluster.address}",
        remedy=f"start some with `dask worker`; {_KEPT}",
    )


def _lost(cluster: Cluster, error: BaseException | None = None) -> InputError:
    said = f" ({_short(error)})" if error is not None and str(error) else ""
    return InputError(
        f"the Dask scheduler was lost{said}",
        where=f"--scheduler {cluster.address}",
        remedy=f"start it again; {_KEPT}",
    )


def _short(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from telling what our own messages say better."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in {"distributed", "tornado"}]
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
