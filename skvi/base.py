"""The one fit path: validate -> model -> blocks -> trainer -> publish.

An estimator supplies a model and says which attributes to publish; everything else is here. Fitted
attributes are set together at the very end, so a failed fit leaves the estimator as it was, and an
interrupted one leaves the last complete iteration, marked as not converged.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from time import perf_counter

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skvi.inference.monitor import Monitor
from skvi.predictive import in_dtype
from skvi.solvers import resolve_solver

__all__ = ["VariationalEstimator"]

_PRIVATE_STATE = ("_state", "_model", "_dtype", "_single")


class VariationalEstimator(CallbackSupportMixin, BaseEstimator):
    """Manners common to all estimators of the package."""

    _doc_link_module = "skvi"
    _doc_link_template = (
        "https://skvi.github.io/skvi/api/generated/{estimator_module}.{estimator_name}.html"
    )

    def _train(self, model, blocks, start, *, trainer=None, X=None, y=None, max_iter=None):
        """Run a trainer from ``start`` and publish what it leaves.

        Parameters
        ----------
        model : Model
            The five verbs.
        blocks : Blocks
            The rows.
        start : callable
            ``start(rng) -> State``; may read the rows.
        trainer : callable, default=None
            ``trainer(state, monitor, rng) -> State``; None means the solver of the estimator.
        X, y : array-like, default=None
            What callbacks are shown.
        max_iter : int, default=None
            Iterations at the most; None means the parameter of the estimator.
        """
        rng = check_random_state(self.random_state)
        solver = resolve_solver(self.solver)
        max_iter = self.max_iter if max_iter is None else max_iter
        context = self._init_callback_context(max_subtasks=max_iter)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        report = self._reporter(context, model, X, y)
        monitor = Monitor(self.tol, max_iter, blocks.total_weight, report)
        state = start(rng)
        try:
            if trainer is None:
                threads = effective_n_jobs(self.n_jobs)
                solver._run(model, blocks, state.prior, state, monitor, rng, threads)
            else:
                trainer(state, monitor, rng)
        except KeyboardInterrupt:
            monitor.interrupted = True
        self._conclude(model, monitor)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)

    def _conclude(self, model, monitor):
        if monitor.state is None:
            raise KeyboardInterrupt("interrupted before the first iteration was complete")
        self._publish(self._outcome(model, monitor))
        if self.verbose:
            print(
                f"{type(self).__name__}: {'' if monitor.converged else 'not '}converged after "
                f"{self.n_iter_} iterations, ELBO {self.elbo_:.6f}"
            )
        if monitor.interrupted:
            raise KeyboardInterrupt
        if monitor.exhausted and not monitor.converged and self.tol > 0.0:
            warnings.warn(_advice(self, monitor), ConvergenceWarning, stacklevel=4)

    def _outcome(self, model, monitor):
        """Everything a fit publishes: the common attributes and those of the estimator."""
        state = self._arranged(model, monitor.state)
        return {
            "_model": model,
            "_state": state,
            "elbo_": monitor.state.bound,
            "elbo_terms_": dict(state.terms),
            "elbo_history_": np.array(monitor.history),
            "n_iter_": len(monitor.history),
            "converged_": bool(monitor.converged and not monitor.interrupted),
            **self._attributes(model, state),
        }

    def _arranged(self, model, state):
        """The state as it is shown and kept, where that is not the one the trainer left."""
        return state

    def _in_dtype(self, values):
        return in_dtype(values, self._dtype)

    def _publish(self, attributes):
        for name, value in attributes.items():
            setattr(self, name, value)

    def _reporter(self, context, model, X, y):
        if not getattr(self, "_skl_callbacks", None) and self.verbose < 2:
            return None
        began = perf_counter()

        def report(monitor, state):
            if self.verbose >= 2:
                print(
                    f"  iteration {len(monitor.history):4d}  ELBO {state.bound:.6f}  "
                    f"change {monitor.change:.2e} sd  {perf_counter() - began:.3f} s"
                )
            task = context.subcontext(task_name="iteration")
            task.call_on_fit_task_begin(estimator=self, X=X, y=y)
            return task.call_on_fit_task_end(
                estimator=self,
                X=X,
                y=y,
                reconstruction_attributes=lambda: self._outcome(model, monitor),
            )

        return report

    @contextmanager
    def _unharmed(self):
        """Give the estimator back as it was if anything goes wrong before results are published."""
        before = _fitted(self)
        try:
            yield
        except BaseException:
            if vars(self).get("_state") is before.get("_state"):
                for name in _fitted(self):
                    delattr(self, name)
                vars(self).update(before)
            raise

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_state")


def _fitted(estimator):
    return {
        name: value
        for name, value in vars(estimator).items()
        if name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))
    }


def _advice(estimator, monitor):
    return (
        f"{type(estimator).__name__} did not converge in max_iter={estimator.max_iter} iterations "
        f"(last change: {monitor.change:.1e} posterior sd, tol={estimator.tol}). The bound is "
        "still valid, but increase max_iter, loosen tol or, for a mixture, try fewer components."
    )
