"""The one fit path: validate -> model -> blocks -> trainer -> publish.

An estimator gives a :class:`Plan` for its rows (the model, where to start, who trains) and says
which attributes to publish; everything else is here. Fitted attributes are set together at the very
end, so a failed fit leaves the estimator as it was, and an interrupted one leaves the last complete
iteration, marked as not converged.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import contextmanager
from inspect import isclass
from operator import is_
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, get_tags

from skvi._advice import TOO_FAR_APART, movement, what_went_wrong
from skvi._compat import AttrsDict, Interval
from skvi.further import are_same, check_forgetting_factor, check_same, remembered
from skvi.inference.monitor import Monitor
from skvi.predictive import in_dtype
from skvi.priors._base import PriorError
from skvi.solvers import resolve_solver
from skvi.validation import make_blocks

__all__ = ["Plan", "VariationalEstimator"]

_PRIVATE_STATE = (
    "_state", "_model", "_dtype", "_single", "_target_names", "_classes", "_rows", "_began",
    "_weight",
)  # fmt: skip


class Plan(NamedTuple):
    """How to fit some rows.

    Attributes
    ----------
    model : Model
        The five verbs.
    start : callable
        ``start(rng) -> State``; may read the rows.
    trainer : callable or None
        ``trainer(state, monitor, rng) -> State``; None means the solver of the estimator.
    """

    model: Any
    start: Callable
    trainer: Callable | None = None


class VariationalEstimator(CallbackSupportMixin, BaseEstimator):
    """Manners common to all estimators of the package."""

    _doc_link_module = "skvi"
    _doc_link_template = (
        "https://skvi.github.io/skvi/api/generated/{estimator_module}.{estimator_name}.html"
    )

    @classmethod
    def _get_param_names(cls):
        # scikit-learn reads the signature anew in every fit.
        if "_own_param_names" not in vars(cls):
            cls._own_param_names = tuple(super()._get_param_names())
        return list(cls._own_param_names)

    def set_params(self, **params):
        """Set the parameters of the estimator and of the objects it holds.

        Parameters
        ----------
        **params : dict
            Parameters; those of a prior or solver object as ``prior__alpha``.

        Returns
        -------
        self : estimator
            The estimator itself.

        Raises
        ------
        ValueError
            If there is no such parameter, or it belongs to an object that is only named.
        """
        for key in params:
            name, nested, inner = key.partition("__")
            held = params.get(name, getattr(self, name, None))
            if nested and name in self._parameter_constraints and not hasattr(held, "get_params"):
                kinds = self._object_names(name, inner)
                objects = " or ".join(f"{name}={kind}(...)" for kind in kinds)
                advice = f"; make it an object first: {objects}" if objects else ""
                raise ValueError(
                    f"{key} cannot be set while {name}={held!r}, which has no parameters{advice}."
                )
        return super().set_params(**params)

    def _object_names(self, parameter, inner):
        """Names of the classes whose objects a parameter may hold: those with another, if any."""
        allowed = self._parameter_constraints.get(parameter, [])
        kinds = [kind for kind in allowed if isclass(kind) and hasattr(kind, "get_params")]
        fitting = [kind for kind in kinds if inner in kind._get_param_names()]
        return [kind.__name__ for kind in fitting or kinds]

    def _fit(self, X, y, sample_weight, **beside):
        """Fit all rows by the plan of the estimator; what else rows bring is ``beside`` them."""
        with self._unharmed():
            self._check_parameters()
            rows = self._take(X, y, sample_weight, reset=True, **beside)
            self._train(self._plan(rows), rows.blocks, X, y)
        return self

    def _fit_further(self, X, y, sample_weight, forgetting_factor, **beside):
        """Take further rows in by the plan of the estimator; the first are those of a fit."""
        check_forgetting_factor(forgetting_factor)
        if not hasattr(self, "_state"):
            return self.fit(X, y, sample_weight=sample_weight, **beside)
        with self._unharmed():
            self._check_parameters()
            for name, began in vars(self).get("_began", {}).items():
                check_same(name, getattr(self, name), began)
            rows = self._take(X, y, sample_weight, reset=False, **beside)
            plan = self._further_plan(rows, float(forgetting_factor))
            self._train(plan, rows.blocks, X, y)
        return self

    def _check_parameters(self):
        """What scikit-learn's validation lets pass: unsound solvers, truth values for numbers."""
        resolve_solver(self.solver)
        for name, allowed in self._parameter_constraints.items():
            value = getattr(self, name)
            if isinstance(value, bool) and any(isinstance(kind, Interval) for kind in allowed):
                raise ValueError(f"{name}={value!r} is not allowed; use a number.")

    def _take(self, X, y, sample_weight, *, reset):
        tags = get_tags(self)
        needs_y, sparse = tags.target_tags.required, tags.input_tags.sparse
        y = y if needs_y else None
        rows = make_blocks(
            self, X, y, sample_weight, reset=reset, needs_y=needs_y, accept_sparse=sparse
        )
        self._dtype = rows.dtype
        return rows

    def _train(self, plan, blocks, X, y):
        """Run a trainer from its start and publish what it leaves; callbacks are shown X and y."""
        model, start, trainer = plan
        rng = check_random_state(self.random_state)
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        report = self._reporter(context, model, X, y)
        monitor = Monitor(self.tol, self.max_iter, blocks.total_weight, report)
        state = start(rng)
        try:
            if trainer is None:
                solver, threads = resolve_solver(self.solver), effective_n_jobs(self.n_jobs)
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
        if not np.isfinite(monitor.state.bound):
            raise ValueError(f"The bound is {monitor.state.bound}. {TOO_FAR_APART}")
        self._publish(self._outcome(model, monitor))
        if self.verbose:
            print(
                f"{type(self).__name__}: {'' if monitor.converged else 'not '}converged after "
                f"{self.n_iter_} iterations, ELBO {self.elbo_:.6f}"
            )
        if monitor.interrupted:
            raise KeyboardInterrupt
        advice = what_went_wrong(self, monitor)
        if advice is not None:
            warnings.warn(advice, ConvergenceWarning, stacklevel=6)

    def _outcome(self, model, monitor):
        """Everything a fit publishes: the common attributes and those of the estimator."""
        state = self._arranged(model, monitor.state)
        return {
            "_model": model,
            "_state": state,
            "_weight": float(monitor.n_rows),
            "_began": {name: remembered(getattr(self, name)) for name in self._lasting(model)},
            "elbo_": monitor.state.bound,
            "elbo_terms_": {name: float(value) for name, value in state.terms.items()},
            "elbo_history_": np.array(monitor.history),
            "n_iter_": len(monitor.history),
            "converged_": bool(monitor.converged and not monitor.interrupted),
            **self._attributes(model, state),
        }

    def _lasting(self, model):
        """Names of the parameters that further rows must find as they were."""
        return ()

    def _arranged(self, model, state):
        """The state as it is shown and kept, where that is not the one the trainer left."""
        return state

    def _in_dtype(self, values):
        if isinstance(values, tuple):
            return tuple(self._in_dtype(part) for part in values)
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
                    f"change {movement(monitor)}  {perf_counter() - began:.3f} s"
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
            # What overflows on the way says nothing: results are checked.
            with np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore"):
                yield
        except BaseException as error:
            if vars(self).get("_state") is before.get("_state"):
                for name in _fitted(self):
                    delattr(self, name)
                vars(self).update(before)
            if isinstance(error, PriorError):
                raise ValueError(self._named(error)) from None
            if isinstance(error, np.linalg.LinAlgError):
                raise ValueError(f"{str(error).rstrip('.')}. {TOO_FAR_APART}") from error
            raise

    def _named(self, error):
        """What is wrong with a prior, under the name of the parameter that holds it."""
        parameters = self.get_params(deep=False).items()
        for same in (is_, are_same):  # a model may hold a copy
            for name, value in parameters:
                if same(value, error.prior):
                    return f"{name}={value!r}: {error.reason}"
        return str(error)

    def _get_fitted_attr_html(self, doc_link=""):
        """Fitted attributes that the HTML display shows: what is stored, nothing worked out."""
        shown = {
            name: _description(value)
            for name, value in sorted(_fitted(self).items())
            if name not in _PRIVATE_STATE
        }
        return AttrsDict(fitted_attrs=shown, estimator_class=type(self), doc_link=doc_link)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_state")


def _fitted(estimator):
    return {
        name: value
        for name, value in vars(estimator).items()
        if name in _PRIVATE_STATE or (name.endswith("_") and not name.startswith("_"))
    }


def _description(value):
    description = {"type_name": type(value).__name__, "value": value}
    if isinstance(value, np.ndarray):
        description |= {"shape": value.shape, "dtype": value.dtype}
    return description
