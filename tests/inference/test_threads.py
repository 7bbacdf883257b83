"""Work in threads: order, laziness, errors."""

from __future__ import annotations

import threading

import pytest
from threadpoolctl import threadpool_info

from skvi.inference.threads import ordered_map


def test_results_keep_the_order_and_items_are_read_lazily():
    taken, later_done = [], threading.Event()

    def items():
        for k in range(50):
            taken.append(k)
            yield k

    def first_ends_last(k):
        if k == 0:
            assert later_done.wait(timeout=30)
        elif k == 1:
            later_done.set()
        return k

    results = ordered_map(first_ends_last, items(), 2)
    assert next(results) == 0
    assert len(taken) <= 9
    assert list(results) == list(range(1, 50))


@pytest.mark.parametrize("n_threads", [1, 2])
def test_errors_are_handed_on(n_threads):
    def fail(k):
        raise ZeroDivisionError(k)

    with pytest.raises(ZeroDivisionError):
        list(ordered_map(fail, range(9), n_threads))


def test_errors_of_the_items_are_handed_on_after_the_results_before():
    def items():
        yield from range(5)
        raise OSError("unreadable")

    results = ordered_map(lambda k: k, items(), 2)
    assert [next(results) for _ in range(5)] == list(range(5))
    with pytest.raises(OSError, match="unreadable"):
        next(results)


def test_one_thread_runs_in_the_caller():
    seen = set(ordered_map(lambda _: threading.get_ident(), range(8), 1))
    assert seen == {threading.get_ident()}


def test_two_items_run_at_once_in_two_threads():
    together = threading.Barrier(2)

    def meet(_):
        together.wait(timeout=30)
        return threading.get_ident()

    assert len(set(ordered_map(meet, range(8), 2))) == 2


def test_what_is_left_unread_is_not_begun():
    begun = []
    results = ordered_map(begun.append, range(1000), 3)
    next(results)
    results.close()
    assert len(begun) <= 13


def test_one_slow_item_does_not_hold_up_the_others():
    sixth_done = threading.Event()

    def slow_at_first(k):
        if k == 0:
            assert sixth_done.wait(timeout=30)
        elif k == 6:
            sixth_done.set()
        return k

    assert list(ordered_map(slow_at_first, range(20), 2)) == list(range(20))


def test_one_item_per_thread_is_held():
    taken, done, held = [], [], []

    def items():
        for k in range(50):
            taken.append(k)
            held.append(len(taken) - len(done))
            yield k

    assert list(ordered_map(lambda k: done.append(k) or k, items(), 2)) == list(range(50))
    assert max(held) <= 3


def test_passes_that_overlap_share_the_threads():
    first, second = (ordered_map(lambda k: k * k, range(40), 3) for _ in range(2))
    pairs = list(zip(first, second, strict=True))
    assert pairs == [(k * k, k * k) for k in range(40)]


def test_linear_algebra_has_one_thread_inside_many():
    def threads_of_blas(_):
        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        return {pool["num_threads"] for pool in pools}

    assert set().union(*ordered_map(threads_of_blas, range(4), 2)) <= {1}


def test_linear_algebra_has_its_threads_back_after_passes_that_overlap():
    def blas():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = blas()
    first, second = (ordered_map(lambda k: k, range(9), 2) for _ in range(2))
    next(first)
    next(second)
    assert set(blas()) <= {1}
    assert list(first) == list(range(1, 9))
    assert set(blas()) <= {1}
    second.close()
    assert blas() == before
