"""What two processes reach together on this machine: a yardstick for two threads.

Processes share nothing but the machine; threads share a table and the interpreter.
"""

from __future__ import annotations

import multiprocessing
import statistics
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from threadpoolctl import threadpool_limits

from benchmarks.timing import seconds

__all__ = ["two_processes"]

_LONGEST_TURN = 600.0


def two_processes(make: Callable, *arguments, repeats: int = 7) -> float:
    """How much more two processes do at once than one does alone; two where nothing is shared.

    Parameters
    ----------
    make : callable
        ``make(*arguments)`` is called in each process and gives the task to time: a function of
        no arguments, which may return its seconds itself. It must be importable.
    *arguments : object
        Handed to ``make``.
    repeats : int, default=7
        Turns of alone and together.

    Returns
    -------
    float
        Median over the turns.
    """
    context = multiprocessing.get_context("spawn")
    options = {"initializer": _meet_at, "initargs": (context.Barrier(2),)}
    with ProcessPoolExecutor(2, mp_context=context, **options) as pool:
        work = [pool.submit(_turns, first, repeats, make, arguments) for first in (True, False)]
        (alone, one), (_, other) = (each.result() for each in work)
    turns = zip(alone, one, other, strict=True)
    return statistics.median(whole / a + whole / b for whole, a, b in turns)


def _meet_at(barrier):
    global _BARRIER
    _BARRIER = barrier


def _turns(first, repeats, make, arguments):
    """Seconds of a task alone, for which the second process waits, and together."""
    alone, together = [], []
    try:
        task = make(*arguments)
        with threadpool_limits(1):
            _timed(task)
            for _ in range(repeats):
                _BARRIER.wait(_LONGEST_TURN)
                if first:
                    alone.append(_timed(task))
                _BARRIER.wait(_LONGEST_TURN)
                together.append(_timed(task))
    except BaseException:
        _BARRIER.abort()  # the other process need not wait
        raise
    return alone, together


def _timed(task):
    results = []
    elapsed = seconds(lambda: results.append(task()))
    return results[0] if isinstance(results[0], float) else elapsed
