"""Ordered work over blocks in threads: the same sums, in the same order, for any thread count."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice

from threadpoolctl import threadpool_limits

__all__ = ["ordered_map"]


def ordered_map(function: Callable, items: Iterable, n_threads: int = 1) -> Iterator:
    """Apply ``function`` to every item and yield the results in the order of the items.

    Parameters
    ----------
    function : callable
        Called as ``function(item)``; should release the interpreter lock.
    items : iterable
        Read lazily: at most ``2 * n_threads`` items are held at a time, so that a data set larger
        than memory stays on disk.
    n_threads : int, default=1
        With one thread everything runs in the caller. With more, linear-algebra libraries are
        held at one thread each, because threads are already over blocks.

    Yields
    ------
    result : object
        ``function(item)``.
    """
    items = iter(items)
    head = list(islice(items, 2 if n_threads > 1 else 0))
    if len(head) < 2:  # nothing to share out: spare the pool
        yield from map(function, chain(head, items))
        return
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        yield from _window(pool, function, chain(head, items), 2 * n_threads)


def _window(pool, function, items, size):
    pending = deque()
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= size:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
