"""The fit path of every estimator with a linear predictor: rows, targets, model, trainer."""

from __future__ import annotations

from functools import partial

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone

from skvi.base import Plan, VariationalEstimator
from skvi.further import are_same
from skvi.inference.monitor import evaluate
from skvi.inference.streaming import absorb
from skvi.inference.summary import total
from skvi.likelihoods._base import LikelihoodError
from skvi.linear_model._family import MOST_WEIGHTS, family_of
from skvi.linear_model._limits import at_limit
from skvi.linear_model._predictor_posterior import ShownWeights
from skvi.linear_model._separation import check_separation, watch_separation
from skvi.linear_model._target import Layout, PackedChunks, less_offset, pack, shifted
from skvi.models.linear_predictor.continued import continued
from skvi.models.linear_predictor.mixture_prior import coefficient_precisions
from skvi.models.linear_predictor.posterior import in_table_units
from skvi.models.linear_predictor.quasi_newton import quasi_newton_ascent
from skvi.models.linear_predictor.rank import check_rank
from skvi.models.linear_predictor.refreshed import (
    affordable_draws,
    can_refresh,
    refreshed_state,
)
from skvi.models.linear_predictor.response import responded
from skvi.models.linear_predictor.wide import with_all_columns
from skvi.numerics.column_moments import column_moments
from skvi.priors import Flat, Normal
from skvi.priors._named import named_prior
from skvi.priors._scales import ScaleMixturePrior
from skvi.solvers import SVI, resolve_solver
from skvi.tables import check_moments, check_size
from skvi.validation import is_chunks, make_blocks

__all__ = ["LinearPredictorEstimator"]

_INNER_STEPS = 3
_MAY_CHANGE = {"solver", "max_iter", "tol", "warm_start", "random_state", "n_jobs", "verbose"}


class LinearPredictorEstimator(VariationalEstimator):
    """An estimator whose model is a likelihood of a linear predictor.

    A class says which likelihood: ``_likelihood(like)``, where ``like`` is the model of rows seen
    before or None.
    """

    def _take(self, X, y, sample_weight, *, reset, **beside):
        """Validated rows, with what stands beside them in columns of the target."""
        likelihood = self._likelihood(None if reset else self._model)
        parts = beside.get("exposure"), beside.get("offset")
        packed, layout = pack(X, y, *parts, likelihood.n_target_columns)
        if is_chunks(X) and iter(X) is not X:
            X = PackedChunks(X, beside, likelihood.n_target_columns)
            layout = X.layout
        if layout.has_exposure and likelihood.exposure is None:
            raise ValueError(f"exposure is not allowed with likelihood={likelihood!r}.")
        rows = make_blocks(
            self, X, packed, sample_weight, reset=reset, needs_y=True, accept_sparse=True
        )
        self._dtype = rows.dtype
        if layout.has_offset and likelihood.in_units_of_target and likelihood.n_predictors == 1:
            # What is added to the predictor is then the same as what is taken from the target.
            rows = rows._replace(blocks=rows.blocks.with_targets(less_offset))
            layout = Layout(False, False)
        return rows._replace(target_names=layout)

    def _plan(self, rows):
        likelihood = self._likelihood(None)
        likelihood.check()
        location, unit = self._target_units(likelihood, rows)
        if unit != 1.0 and getattr(likelihood, "scale", None) is not None:
            likelihood = clone(likelihood).set_params(scale=likelihood.scale / unit)
        blocks, has_offset = self._with_columns(rows, likelihood, location, unit)
        blocks, offset_location = self._about_mean_offset(blocks, has_offset, likelihood)
        model = self._model_of(blocks, likelihood, has_offset, location, unit, offset_location)
        # Centring would make every row of a sparse table dense, and weights independent of it.
        model.centred = model.centred and not (model.diagonal and blocks.sparse)
        facts = model.facts(blocks)
        check_moments(blocks, facts.columns)
        check_size("X", facts.columns.mean)
        check_rank(model, blocks, facts)
        inner, table, facts, model.basis = model.in_own_basis(blocks, facts)
        prior = inner.prior(facts)
        if model.diagonal and model.fit_intercept and not model.centred:
            model.column_means = facts.columns.mean / prior.units.scale

        previous = self._previous_posterior(model)

        def start(rng):
            state = continued(inner, table, prior, previous)
            return state or evaluate(inner, prior, inner.start(table, rng, prior))

        def trainer(state, monitor, rng):
            flat = isinstance(model.weights_prior, Flat)
            if flat:
                watch_separation(inner, table, monitor)
            state = self._climb(inner, table, prior, state, monitor, rng)
            if flat:
                check_separation(self, inner, table, monitor)
            if monitor.converged:
                monitor.advice = at_limit(self, model, prior, monitor.state.posterior)
                monitor.state = responded(inner, table, monitor.state)
                monitor.state = self._refreshed(inner, table, monitor.state, rng)
            return state

        self._rows = blocks
        return Plan(model, start, trainer)

    def _model_of(self, blocks, likelihood, has_offset, location, unit, offset_location):
        """The model of some rows."""
        model_class, likelihood = family_of(
            getattr(self, "family", "auto"), blocks, likelihood, self._is_mixed()
        )
        model = model_class(
            likelihood,
            named_prior(self.prior),
            self._fits_intercept(),
            n_features=blocks.n_features,
            has_offset=has_offset,
            columns_of=self._columns_of(blocks.n_features),
            target_location=location,
            target_unit=unit,
            offset_location=offset_location,
        )
        names = getattr(self, "feature_names_in_", None)
        model.names = None if names is None else tuple(names)
        return model

    def _is_mixed(self):
        """Whether weights have scales of their own."""
        return isinstance(named_prior(self.prior), ScaleMixturePrior)

    def _refreshed(self, model, blocks, state, rng):
        """The state with draws in place of the factors, where these are wanted and can be had."""
        wanted = self.refresh
        if not can_refresh(model, blocks, state.prior):
            return state
        n_draws = affordable_draws(blocks, state.prior) if wanted == "auto" else int(wanted)
        return refreshed_state(model, blocks, state, n_draws, rng) if n_draws else state

    def _previous_posterior(self, model):
        """Posterior of the last fit, where a warm start is asked for and can use it."""
        if not (self.warm_start and hasattr(self, "_state")):
            return None
        previous = self._model
        same = isinstance(previous, type(model)) and are_same(previous.likelihood, model.likelihood)
        return self._state.posterior if same else None

    def _lasting(self, model):
        return sorted(set(self._get_param_names()) - _MAY_CHANGE)

    def _arranged(self, model, state):
        if model.basis is None:
            return state
        posterior = state.posterior
        units = posterior.units._replace(basis=model.basis)
        return state._replace(posterior=posterior._replace(units=units))

    def _further_plan(self, rows, forgetting_factor):
        model, known = self._model, self._state
        known = known._replace(posterior=known.posterior._replace(response=None))
        if model.basis is not None:
            n_weights = model.likelihood.n_predictors * model.n_features
            if n_weights > MOST_WEIGHTS:
                raise ValueError(
                    "partial_fit is not possible after a fit of fewer rows than columns with "
                    f"{n_weights} weights; begin with more rows, or with {MOST_WEIGHTS} at most."
                )
            model, known = with_all_columns(model, known)
        blocks, has_offset = self._with_columns(
            rows, model.likelihood, model.target_location, model.target_unit
        )
        if has_offset != model.has_offset:
            raise ValueError("offset and exposure must be given in every partial_fit, or in none.")
        if model.offset_location:
            blocks = blocks.with_targets(partial(shifted, model.offset_location))
        self._rows = None
        threads = effective_n_jobs(self.n_jobs)

        def trainer(state, monitor, rng):
            monitor.max_iter = _INNER_STEPS + 1
            options = {"forgetting_factor": forgetting_factor, "n_threads": threads}
            state = absorb(model, blocks, known.prior, state, monitor, **options)
            monitor.converged = not monitor.interrupted
            return state

        return Plan(model, lambda rng: known, trainer)

    def _climb(self, model, blocks, prior, state, monitor, rng):
        solver, threads = resolve_solver(self.solver), effective_n_jobs(self.n_jobs)
        if (model.diagonal or model.blockwise) and not isinstance(solver, SVI):
            options = {"n_threads": threads}
            return quasi_newton_ascent(model, blocks, prior, state, monitor, **options)
        return solver._run(model, blocks, prior, state, monitor, rng, threads)

    def _with_columns(self, rows, likelihood, location, unit):
        """Blocks with the columns that the likelihood takes, and whether there is an offset."""
        layout = rows.target_names or Layout(False, False)
        change = partial(_columns, likelihood, layout, location, unit)
        has_offset = layout.has_offset or (layout.has_exposure and likelihood.exposure == "offset")
        if has_offset and likelihood.n_predictors > 1:
            raise ValueError("offset is not allowed where a row has several predictors.")
        return rows.blocks.with_targets(change), has_offset

    def _about_mean_offset(self, blocks, has_offset, likelihood):
        """The mean of all offsets is left to the intercept: large ones would cost digits."""
        if not has_offset or not (self._fits_intercept() or likelihood.own_intercept):
            return blocks, 0.0
        moments = total(column_moments(block.y[:, -1:], block.weights) for block in blocks)
        location = float(moments.mean[0])
        return blocks.with_targets(partial(shifted, location)), location

    def _target_units(self, likelihood, rows):
        """Location and unit of the target in which the likelihood sees it."""
        if not likelihood.in_units_of_target:
            return 0.0, 1.0
        moments = total(column_moments(block.y[:, :1], block.weights) for block in rows.blocks)
        location = float(moments.mean[0])
        spread = float(np.sqrt(moments.square[0] / moments.weight))
        if not self._fits_intercept():
            return 0.0, float(np.hypot(spread, location)) or 1.0
        return location, spread or abs(location) or 1.0

    def _fits_intercept(self):
        return self.fit_intercept

    def _columns_of(self, n_features):
        """Features of every predictor; None for all."""
        return None

    def _mix(self, model):
        """What is shown of the weights, in terms of the predictors, and whether it is one thing."""
        return np.eye(model.likelihood.n_predictors), model.likelihood.n_predictors == 1

    def _shown(self, covariance=None, state=None, model=None):
        model, state = model or self._model, state or self._state
        return ShownWeights(state.posterior, model, *self._mix(model), covariance)

    def _attributes(self, model, state):
        posterior = state.posterior
        weights = in_table_units(posterior, posterior.flat_mean())
        coef, intercept = self._shown(None, state, model).split(weights)
        return {
            "coef_": self._in_dtype(coef),
            "intercept_": self._in_dtype(intercept),
            "lambda_": self._precision_of_weights(model, state),
            "likelihood_parameters_": model.named(posterior.parameters),
        }

    def _precision_of_weights(self, model, state):
        """Mean prior precision of each coefficient; NaN under ``Normal``."""
        if isinstance(model.weights_prior, Normal):
            return np.nan
        if isinstance(model.weights_prior, ScaleMixturePrior):
            return self._in_dtype(coefficient_precisions(model, state))
        return float(model.prior_precision(state.prior, state.posterior) / model.target_unit**2)

    def __getstate__(self):
        # Rows are kept for what is asked of them later, not for what is stored.
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_rows"}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _columns(likelihood, layout, location, unit, packed):
    y, exposure, offset = layout.split(packed)
    trials = None
    if exposure is not None and likelihood.exposure == "trials":
        trials, exposure = exposure, None
    if exposure is not None:
        if np.any(exposure <= 0.0):
            raise LikelihoodError(f"exposure holds {exposure.min():g}; expected positive numbers.")
        offset = np.log(exposure) + (0.0 if offset is None else offset)
    columns = likelihood.columns((y - location) / unit if unit != 1.0 or location else y, trials)
    if offset is None:
        return columns
    return np.column_stack([columns, offset])
