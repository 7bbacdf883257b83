"""Ordered work over blocks in threads: the same sums, in the same order, for any thread count."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache
from itertools import chain, islice

from threadpoolctl import ThreadpoolController

__all__ = ["ordered_map"]

# So many that one thread that is held up for a while does not hold up the others.
_AHEAD_PER_THREAD = 4


def ordered_map(function: Callable, items: Iterable, n_threads: int = 1) -> Iterator:
    """Apply ``function`` to every item and yield the results in the order of the items.

    Parameters
    ----------
    function : callable
        Called as ``function(item)``; should release the interpreter lock.
    items : iterable
        Read lazily, one item per thread at a time, so that a data set larger than memory stays on
        disk; at most four results per thread wait for their turn.
    n_threads : int, default=1
        With one thread everything runs in the caller. With more, the caller is one of them, and
        linear-algebra libraries are held at one thread each, because threads are already over
        blocks.

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
        yield from _Work(function, chain(head, items), n_threads).results()


@lru_cache(maxsize=4)
def _pool(n_threads):
    """Threads that stay: what a kernel keeps in a thread is still there in the next pass."""
    return ThreadPoolExecutor(n_threads, thread_name_prefix="skvi")


class _Work:
    """Items that threads take one after the other, so that none waits for another's start."""

    def __init__(self, function, items, n_threads):
        self.function, self.items, self.n_threads = function, items, n_threads
        self.changed = threading.Condition()
        self.taken = self.given = 0
        self.outcomes, self.ended = {}, False

    def results(self):
        """Results in the order of the items; the caller works along."""
        pool = _pool(self.n_threads - 1)
        # each in a context of its own: how numpy treats overflow is kept there
        helpers = [pool.submit(copy_context().run, self._help) for _ in range(self.n_threads - 1)]
        try:
            while not self.ended or self.given < self.taken:
                worked = self._work(wait=False)
                yield from self._next_in_order(wait=not worked)
        finally:
            for helper in helpers:
                helper.cancel()
            with self.changed:
                self.ended = True
                self.changed.notify_all()

    def _help(self):
        while self._work(wait=True):
            pass

    def _work(self, wait):
        """Do one item; False where there is none, or too many results are held."""
        with self.changed:
            while wait and not self.ended and self._is_full():
                self.changed.wait()
            if self.ended or self._is_full():
                return False
            index, self.taken = self.taken, self.taken + 1
            try:
                item = next(self.items)
            except StopIteration:
                self.taken, self.ended = index, True
                return False
            except BaseException as error:
                self.outcomes[index], self.ended = (None, error), True
                return False
        outcome = _outcome(self.function, item)
        with self.changed:
            self.outcomes[index] = outcome
            self.changed.notify_all()
        return True

    def _is_full(self):
        return self.taken - self.given >= _AHEAD_PER_THREAD * self.n_threads

    def _next_in_order(self, wait):
        """The results whose turn it is; ``wait`` for one if any is under way."""
        while True:
            with self.changed:
                while wait and self.given < self.taken and self.given not in self.outcomes:
                    self.changed.wait()
                if self.given not in self.outcomes:
                    return
                result, error = self.outcomes.pop(self.given)
                self.given += 1
                self.changed.notify_all()
            if error is not None:
                raise error
            yield result
            wait = False


def _outcome(function, item):
    try:
        return function(item), None
    except BaseException as error:
        return None, error


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
