"""Linear regression with any likelihood of a target about its mean."""

from __future__ import annotations

import numpy as np

from skvi.families.compound import CompoundDistribution
from skvi.likelihoods import Heteroscedastic, StudentT
from skvi.linear_model._leave_one_out import LeaveOneOutMixin
from skvi.linear_model._predictor import LinearPredictorEstimator
from skvi.linear_model._predictor_prediction import RegressorPredictionMixin
from skvi.models.linear_predictor.posterior import in_table_units

__all__ = ["GeneralRegressionMixin"]

_LIKELIHOODS = {"student_t": StudentT, "heteroscedastic": Heteroscedastic}


class GeneralRegressionMixin(LeaveOneOutMixin, RegressorPredictionMixin, LinearPredictorEstimator):
    """Plans and results of a regression whose model is a likelihood of a linear predictor."""

    def _likelihood(self, like):
        if like is not None:
            return like.likelihood
        if isinstance(self.likelihood, str):
            return _LIKELIHOODS[self.likelihood]()
        return self.likelihood

    def _plan(self, rows):
        likelihood = self._likelihood(None)
        if self.noise_prior is not None:
            raise ValueError(
                f"noise_prior={self.noise_prior!r} is not allowed with "
                f"likelihood={self.likelihood!r}; use None."
            )
        if self.family not in ("auto", "structured"):
            raise ValueError(
                f"family={self.family!r} is not allowed with likelihood={self.likelihood!r}; use "
                "'auto'."
            )
        if likelihood.n_predictors > 1 and not self.fit_intercept:
            raise ValueError(f"fit_intercept=False is not allowed with likelihood={likelihood!r}.")
        return LinearPredictorEstimator._plan(self, rows)

    def _columns_of(self, n_features):
        chosen = getattr(self._likelihood(None), "variance_columns", None)
        if chosen is None:
            return None
        everything = np.arange(n_features)
        return [everything, self._positions(chosen, n_features)]

    def _positions(self, chosen, n_features):
        """Positions of columns given by position, by name or by a truth value for each."""
        names = list(getattr(self, "feature_names_in_", []))
        given = np.atleast_1d(np.asarray(chosen, dtype=object)).tolist()
        mask = [isinstance(c, (bool, np.bool_)) for c in given]
        if len(given) == n_features and all(mask):
            return np.flatnonzero(np.array(given, dtype=bool))
        positions = [names.index(c) if c in names else c for c in given]
        whole = all(isinstance(c, (int, np.integer)) and 0 <= c < n_features for c in positions)
        if any(mask) or not whole:
            raise ValueError(
                f"variance_columns={chosen!r} is not allowed; use names of columns, positions "
                f"from 0 to {n_features - 1}, or a truth value for each of {n_features} columns."
            )
        return np.array(sorted(set(positions)), dtype=int)

    def _mix(self, model):
        mix = np.zeros((1, model.likelihood.n_predictors))
        mix[0, 0] = 1.0
        return mix, True

    def _attributes(self, model, state):
        attributes = LinearPredictorEstimator._attributes(self, model, state)
        attributes["family_"] = "structured"
        if model.likelihood.n_predictors == 1:
            return attributes
        weights = in_table_units(state.posterior, state.posterior.flat_mean())[1]
        intercept = weights[-1] + 2.0 * np.log(model.target_unit)
        return attributes | {
            "log_variance_coef_": self._in_dtype(weights[: model.n_features]),
            "log_variance_intercept_": float(intercept),
        }

    def _law(self, mean, variance, parameters, **beside):
        if mean.ndim == 1:
            return RegressorPredictionMixin._law(self, mean, variance, parameters, **beside)
        slope = variance[:, 0, 1] / np.maximum(variance[:, 1, 1], 1e-300)
        return CompoundDistribution(
            _given_log_variance,
            mean[:, 1],
            variance[:, 1, 1],
            centre=mean[:, 0] - slope * mean[:, 1],
            slope=slope,
            left=np.maximum(variance[:, 0, 0] - slope * variance[:, 0, 1], 0.0),
            **beside,
        )


def _given_log_variance(log_variance, centre, slope, left):
    """Normal law of targets given the log variances: their means depend on these."""
    from scipy.stats import norm

    return norm(centre + slope * log_variance, np.sqrt(left + np.exp(log_variance)))
