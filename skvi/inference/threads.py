"""Ordered work over blocks in threads: the same sums, in the same order, for any thread count."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain, islice

from threadpoolctl import ThreadpoolController

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
    with _one_blas_thread():
        yield from _window(_pool(n_threads), function, chain(head, items), 2 * n_threads)


@lru_cache(maxsize=4)
def _pool(n_threads):
    """Threads that stay: what a kernel keeps in a thread is still there in the next pass."""
    return ThreadPoolExecutor(n_threads, thread_name_prefix="skvi")


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


class _OneBlasThread:
    """One BLAS thread for the whole process while any pass uses threads: first in, last out."""

    def __init__(self):
        self.lock, self.users, self.limit = threading.Lock(), 0, None
        self.libraries = None

    def __enter__(self):
        with self.lock:
            if self.users == 0:
                self.libraries = self.libraries or ThreadpoolController()
                self.limit = self.libraries.limit(limits=1, user_api="blas")
            self.users += 1

    def __exit__(self, *_):
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.limit.restore_original_limits()


@lru_cache(maxsize=1)
def _one_blas_thread():
    return _OneBlasThread()


def _after_fork():
    """A forked child has the pools and locks of its parent, but not the threads."""
    _pool.cache_clear()
    _one_blas_thread.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
