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
    assert len(taken) <= 5
    assert list(results) == list(range(1, 50))


@pytest.mark.parametrize("n_threads", [1, 2])
def test_errors_are_handed_on(n_threads):
    def fail(k):
        raise ZeroDivisionError(k)

    with pytest.raises(ZeroDivisionError):
        list(ordered_map(fail, range(9), n_threads))


@pytest.mark.parametrize(("n_threads", "alone"), [(1, True), (2, False)])
def test_one_thread_runs_in_the_caller(n_threads, alone):
    seen = set(ordered_map(lambda _: threading.get_ident(), range(8), n_threads))
    assert (seen == {threading.get_ident()}) is alone


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
