"""Interleaved timing: ours, theirs, ours, theirs; the ratio of each pair; medians."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

__all__ = ["Comparison", "compare", "gemm_rate", "read_bandwidth", "seconds"]


class Comparison(NamedTuple):
    """Seconds of both sides in one interleaved run."""

    ours: float
    theirs: float
    ratio: float
    lowest: float
    highest: float


def seconds(task: Callable) -> float:
    """Wall-clock seconds of one call."""
    gc.collect()
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def compare(ours: Callable, theirs: Callable, repeats: int = 3, calls: int = 1) -> Comparison:
    """Time both sides in turn; ``ours`` and ``theirs`` return seconds when they time themselves.

    Garbage is collected first, which leaves little in the caches: tasks of milliseconds are warm
    only if several ``calls`` are timed together.
    """
    pairs = [(_time(ours, calls), _time(theirs, calls)) for _ in range(repeats)]
    ratios = [b / a for a, b in pairs]
    return Comparison(
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
    )


def _time(task, calls):
    gc.collect()
    start = time.perf_counter()
    results = [task() for _ in range(calls)]
    passed = time.perf_counter() - start
    return (sum(results) if isinstance(results[0], float) else passed) / calls


def gemm_rate(dtype=np.float64, size: int = 2048) -> float:
    """Floating-point operations per second of one thread in a square matrix product."""
    a = np.random.RandomState(0).rand(size, size).astype(dtype)
    out = np.empty_like(a)
    with threadpool_limits(1):
        best = min(seconds(lambda: np.matmul(a, a, out=out)) for _ in range(4))
    return 2.0 * size**3 / best


def read_bandwidth(n_bytes: int = 400_000_000) -> float:
    """Bytes per second of one thread summing a float64 array."""
    x = np.ones(n_bytes // 8)
    best = min(seconds(x.sum) for _ in range(4))
    return n_bytes / best
