"""Linear regression under priors with a scale for every coefficient or group of them."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if

from skvi.inference.coordinate import coordinate_ascent
from skvi.linear_model._conjugate import ConjugateRegressionMixin
from skvi.linear_model._shrunk_prediction import ShrunkPredictionMixin
from skvi.models.shrinkage.published import refresh
from skvi.models.shrinkage.regression import ShrinkageRegressionModel
from skvi.priors._named import named_prior
from skvi.solvers import SVI, resolve_solver

__all__ = ["ShrunkRegressionMixin"]

_FAMILIES = ("auto", "structured", "gaussian", "coordinate")
_DRAWS, _PRODUCTS = 300, 2e7


def _can_be_zero(estimator):
    """Whether the last fit tells which coefficients are not zero."""
    return hasattr(estimator, "inclusion_probability_")


class ShrunkRegressionMixin(ShrunkPredictionMixin, ConjugateRegressionMixin):
    """Plans and results of a regression whose model is one of weights with scales of their own."""

    def _plan(self, rows):
        self._check_shrunk(rows)
        return ConjugateRegressionMixin._plan(self, rows)

    def _check_shrunk(self, rows):
        if rows.blocks.n_targets > 1:
            raise ValueError(
                f"prior={self.prior!r} takes one target, got {rows.blocks.n_targets}; use "
                "sklearn.multioutput.MultiOutputRegressor."
            )
        if not rows.flat_target:
            message = "A column-vector y was passed when a 1d array was expected."
            warnings.warn(message, DataConversionWarning, stacklevel=6)
        if isinstance(resolve_solver(self.solver), SVI):
            raise ValueError(
                f"solver={self.solver!r} is not allowed with prior={self.prior!r}; use 'auto'."
            )
        if self.family not in _FAMILIES:
            raise ValueError(
                f"family={self.family!r} is not allowed with prior={self.prior!r}; use one of "
                f"{', '.join(map(repr, _FAMILIES))}."
            )

    def _make_model(self, blocks=None, like=None):
        source = blocks if like is None else like
        names = getattr(self, "feature_names_in_", None)
        return ShrinkageRegressionModel(
            named_prior(self.prior),
            self.noise_prior,
            "auto" if self.family == "structured" else self.family,
            self.fit_intercept,
            n_features=source.n_features,
            names=None if names is None else tuple(names),
            square_root=blocks.n_rows < blocks.n_features if like is None else like.square_root,
            float32_rows=0.0 if like is None else like.float32_rows,
        )

    def _exact(self, model):
        def trainer(state, monitor, rng):
            state = coordinate_ascent(model, None, state.prior, state, monitor, accelerate=False)
            n_draws = self._n_draws(model, state)
            if n_draws and not monitor.interrupted:
                rng = check_random_state(self.random_state) if rng is None else rng
                model.refreshed = refresh(model, state, n_draws, rng)
            return state

        return trainer

    def _n_draws(self, model, state):
        """How many draws refresh the posterior."""
        if self.refresh != "auto":
            return int(self.refresh)
        if self.family == "structured":
            return _DRAWS
        p = model.n_features
        few = min(float(state.summary.weight), p)
        return _DRAWS if few * few * p <= _PRODUCTS else 0

    def _attributes(self, model, state):
        values = self._point_values(model, state)
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        return values | {name: self._in_dtype(value) for name, value in arrays.items()}

    @available_if(_can_be_zero)
    def get_support(self, indices=False):
        """Which coefficients are not zero with a probability of at least one half.

        Parameters
        ----------
        indices : bool, default=False
            Whether to give positions in place of truth values.

        Returns
        -------
        support : ndarray of shape (n_features,) or (n_selected,)

        Raises
        ------
        AttributeError
            If no coefficient can be zero under the prior.
        """
        support = np.asarray(self.inclusion_probability_) >= 0.5
        return np.flatnonzero(support) if indices else support
