"""Solver objects: how a model is fitted, with the knobs that belong to the way of fitting.

Every estimator takes ``solver="auto"``, the name of a solver or a solver object. Solver objects
have ``get_params`` and ``set_params``, so a grid search over ``solver__batch_size`` works.
"""

from __future__ import annotations

from numbers import Integral, Real

from sklearn.base import BaseEstimator

from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.memoized import memoized_ascent
from skvi.inference.step_size import ConstantStep, RobbinsMonro
from skvi.inference.stochastic import stochastic_ascent

__all__ = ["CAVI", "SVI", "Memoized", "resolve_solver"]


class CAVI(BaseEstimator):
    """Coordinate ascent: all rows, every iteration; the bound never falls.

    Parameters
    ----------
    accelerate : bool, default=True
        Extrapolate where plain ascent is slow; kept only where the bound does not fall.
    """

    def __init__(self, *, accelerate=True):
        self.accelerate = accelerate

    def _check(self):
        _check_bool("accelerate", self.accelerate)

    def _run(self, model, blocks, prior, state, monitor, rng, n_threads):
        accelerate = self.accelerate and model.rereads_rows
        return coordinate_ascent(
            model, blocks, prior, state, monitor, n_threads=n_threads, accelerate=accelerate
        )


class SVI(BaseEstimator):
    """Stochastic variational inference: natural-gradient steps on mini-batches.

    One iteration is one pass over the rows, random at first. As soon as the steps of a pass add up
    to less than one, or passes gain no more than their noise, exact sweeps take over. They end by
    the usual rule, or where ten of them together gain at most ``tol`` nats. With ``tol=0``
    all ``max_iter`` iterations are random, followed by one exact sweep. A model whose rows need to
    be read only once is fitted exactly.

    Parameters
    ----------
    batch_size : int, default=1024
        Rows per step.
    step_size : float, default=None
        A constant step in (0, 1]; None means Robbins-Monro steps
        ``(t + delay) ** -forgetting_rate``.
    forgetting_rate : float, default=0.7
        In (0.5, 1]: how fast Robbins-Monro steps fall.
    delay : float, default=1.0
        At least one: slows the first steps down.

    References
    ----------
    Hoffman, Blei, Wang and Paisley (2013), Journal of Machine Learning Research 14.
    """

    def __init__(self, *, batch_size=1024, step_size=None, forgetting_rate=0.7, delay=1.0):
        self.batch_size = batch_size
        self.step_size = step_size
        self.forgetting_rate = forgetting_rate
        self.delay = delay

    def _check(self):
        _check_count("batch_size", self.batch_size)
        if self.step_size is not None:
            _check_real("step_size", self.step_size, 0.0, 1.0, "a number in (0, 1] or None")
        _check_real("forgetting_rate", self.forgetting_rate, 0.5, 1.0, "a number in (0.5, 1]")
        _check_real("delay", self.delay, 1.0 - 1e-12, float("inf"), "a number of at least 1")

    def _run(self, model, blocks, prior, state, monitor, rng, n_threads):
        return stochastic_ascent(
            model,
            blocks,
            prior,
            state,
            monitor,
            step_size=self._steps(),
            batch_size=self.batch_size,
            rng=rng,
            n_threads=n_threads,
        )

    def _steps(self):
        if self.step_size is not None:
            return ConstantStep(float(self.step_size))
        return RobbinsMonro(float(self.delay), float(self.forgetting_rate))


class Memoized(BaseEstimator):
    """Memoized ascent: batch after batch, with an exact bound and no step size.

    Parameters
    ----------
    n_batches : int, default=10
        Batches of consecutive rows; where the data come in chunks, the chunks are the batches.

    References
    ----------
    Hughes and Sudderth (2013), Advances in Neural Information Processing Systems 26.
    """

    def __init__(self, *, n_batches=10):
        self.n_batches = n_batches

    def _check(self):
        _check_count("n_batches", self.n_batches)

    def _run(self, model, blocks, prior, state, monitor, rng, n_threads):
        return memoized_ascent(
            model, blocks, prior, state, monitor, n_batches=self.n_batches, n_threads=n_threads
        )


_NAMED = {"auto": CAVI, "cavi": CAVI, "svi": SVI, "memoized": Memoized}


def resolve_solver(solver):
    """Turn the ``solver`` parameter of an estimator into a solver object with sound knobs.

    Parameters
    ----------
    solver : {"auto", "cavi", "svi", "memoized"} or solver object
        As the user gave it.

    Returns
    -------
    solver : CAVI, SVI or Memoized

    Raises
    ------
    ValueError
        If ``solver`` is neither, or one of its parameters is not allowed.
    """
    if isinstance(solver, str) and solver in _NAMED:
        return _NAMED[solver]()
    if isinstance(solver, (CAVI, SVI, Memoized)):
        try:
            solver._check()
        except ValueError as error:
            raise ValueError(f"solver={solver!r}: {error}") from None
        return solver
    raise ValueError(
        f"solver={solver!r} is not allowed; use one of {sorted(_NAMED)} or a CAVI, SVI or "
        "Memoized object."
    )


def _check_bool(name, value):
    if not isinstance(value, bool):
        raise ValueError(f"{name}={value!r} is not allowed; use True or False.")


def _check_count(name, value):
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}={value!r} is not allowed; use a whole number of at least 1.")


def _check_real(name, value, low, high, allowed):
    if not isinstance(value, Real) or isinstance(value, bool) or not low < value <= high:
        raise ValueError(f"{name}={value!r} is not allowed; use {allowed}.")
