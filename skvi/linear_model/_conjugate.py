"""The conjugate linear regression: rows are read once, whatever the posterior."""

from __future__ import annotations

from joblib import effective_n_jobs

from skvi.base import Plan
from skvi.further import check_same_targets
from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.summary import scale
from skvi.linear_model._prediction import LinearPredictionMixin
from skvi.linear_model._reading import float32_rows, merged, read, read_further
from skvi.models.linear_regression.mean_field import expanded
from skvi.models.linear_regression.model import LinearRegressionModel
from skvi.models.linear_regression.point_values import point_values
from skvi.priors._named import named_prior
from skvi.solvers import SVI, resolve_solver

__all__ = ["ConjugateRegressionMixin"]

_FAMILIES = ("auto", "structured", "mean_field")


class ConjugateRegressionMixin(LinearPredictionMixin):
    """Plans and results of an estimator whose model is a conjugate linear regression."""

    def _plan(self, rows):
        self._single, self._target_names = rows.flat_target, rows.target_names
        model = self._make_model(rows.blocks)
        model.float32_rows = float32_rows(rows.blocks, rows.dtype)
        summary, prior = read(model, rows.blocks, effective_n_jobs(self.n_jobs))
        stochastic = isinstance(resolve_solver(self.solver), SVI)
        trainer = None if stochastic else self._exact(model)
        return Plan(model, lambda rng: evaluate(model, prior, summary), trainer)

    def _further_plan(self, rows, forgetting_factor):
        check_same_targets(rows, self._model, self._single, self._target_names)
        self._target_names = self._target_names or rows.target_names
        model = self._make_model(like=self._model)
        model.float32_rows *= forgetting_factor
        model.float32_rows += float32_rows(rows.blocks, rows.dtype)
        known = self._state.summary
        if forgetting_factor != 1.0:
            known = scale(known, forgetting_factor)
        threads = effective_n_jobs(self.n_jobs)
        summary, prior = read_further(model, known, rows.blocks, threads)
        return Plan(model, lambda rng: evaluate(model, prior, summary), self._exact(model))

    def _merged(self, estimators):
        """Become the fit on the union of the rows of some fitted estimators."""
        first = estimators[0]
        model = self._make_model(like=first._model)
        model.float32_rows = sum(e._model.float32_rows for e in estimators)
        summary, prior = merged(model, [estimator._state.summary for estimator in estimators])
        for name in ("n_features_in_", "feature_names_in_", "_dtype", "_single"):
            if hasattr(first, name):
                setattr(self, name, getattr(first, name))
        self._target_names = next(filter(None, (e._target_names for e in estimators)), None)
        monitor = Monitor(self.tol, self.max_iter, float(summary.weight))
        self._exact(model)(evaluate(model, prior, summary), monitor, None)
        self._conclude(model, monitor)
        return self

    def _make_model(self, blocks=None, like=None):
        """Model for some rows, or for those of another model."""
        if self.family not in _FAMILIES:
            raise ValueError(
                f"family={self.family!r} is not allowed with prior={self.prior!r}; use one of "
                f"{', '.join(map(repr, _FAMILIES))}."
            )
        source = blocks if like is None else like
        return LinearRegressionModel(
            named_prior(self.prior),
            self.noise_prior,
            "mean_field" if self.family == "mean_field" else "structured",
            self.fit_intercept,
            n_features=source.n_features,
            n_targets=source.n_targets,
            square_root=blocks.n_rows < blocks.n_features if like is None else like.square_root,
            float32_rows=0.0 if like is None else like.float32_rows,
        )

    def _attributes(self, model, state):
        values = point_values(expanded(state.posterior), state.prior)
        names = ("coef_", "intercept_", "alpha_", "lambda_")
        arrays = (self._in_dtype(value) for value in values)
        attributes = {"family_": model.family}
        if not self._single:
            return attributes | dict(zip(names, arrays, strict=True))
        coef, *scalars = (array[0] for array in arrays)
        return attributes | dict(zip(names, (coef, *scalars), strict=True))

    def _exact(self, model):
        """Trainer for a summary that is complete: one update, or sweeps that read no rows."""

        def trainer(state, monitor, rng):
            if model.family == "structured":
                monitor.settle(state)
                return state
            return coordinate_ascent(model, None, state.prior, state, monitor, accelerate=False)

        return trainer
