"""What a fitted linear predictor says of new rows and of its coefficients."""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skvi.families.compound import CompoundDistribution
from skvi.families.discrete_compound import DiscreteCompound
from skvi.likelihoods._base import LikelihoodError
from skvi.linear_model._predictor_posterior import predictor_factors
from skvi.linear_model._predictor_summary import predictor_table
from skvi.linear_model._target import beside_rows
from skvi.models.linear_predictor.draws import drawn_predictors
from skvi.models.linear_predictor.posterior import in_table_units
from skvi.models.linear_predictor.robust import robust_covariance
from skvi.posterior import check_n_samples
from skvi.predictive import PredictiveMixin
from skvi.validation import new_rows

__all__ = ["PredictorMixin", "RegressorPredictionMixin"]

_ROWS = 2048


class PredictorMixin:
    """What classifiers and regressors share."""

    @property
    def posterior_(self):
        """Named factors of the posterior: ``coef`` and ``intercept``."""
        check_is_fitted(self)
        return predictor_factors(self._shown(), self._means())

    @property
    def sigma_(self):
        """Posterior covariance of the coefficients."""
        return self.posterior_.coef.cov

    def summary(self, robust=False):
        """Table of the coefficients; needs pandas.

        Parameters
        ----------
        robust : bool, default=False
            Whether standard deviations and quantiles are those that hold where the likelihood is
            not the true one: the jackknife; of more than 200 rows the infinitesimal one, with
            leave-one-out slopes.

        Returns
        -------
        table : pandas.DataFrame
            One row per coefficient (the intercept first): mean, sd, 5 %, 50 % and 95 % quantiles
            and the probability of being positive; where the exponential of a coefficient has a
            name, such as odds ratio, also its median and quantiles.

        Raises
        ------
        ValueError
            If ``robust=True`` and the training rows are no longer there: after loading from disk
            or ``partial_fit``.
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = [f"x{j}" for j in range(self.n_features_in_)]
        covariance = None
        if robust:
            refits = self._refits()
            rows = self._training_rows()
            covariance = (
                robust_covariance(self._model, rows, self._state.posterior)
                if refits is None
                else refits.covariance_of_means()
            )
        shown, ratio = self._shown(covariance), self._model.likelihood.ratio
        return predictor_table(shown, self._means(), names, self._group_names(), ratio)

    def _group_names(self):
        """Names of the sets of coefficients that are shown; None where there is one."""

    def _means(self):
        """Posterior means of the weights of all predictors, in the units of the table."""
        posterior = self._state.posterior
        return in_table_units(posterior, posterior.flat_mean())

    def _training_rows(self):
        rows = getattr(self, "_rows", None)
        if rows is None:
            raise ValueError(
                "The training rows are no longer there (after loading from disk or partial_fit); "
                "call fit first."
            )
        return rows

    def _moments(self, X, offset=None):
        """Means and variances of the predictors of some rows."""
        return self._model.moments(X, offset, self._state.posterior)[1:]

    def _law(self, mean, variance, parameters, **beside):
        """Law of targets whose predictors are normal, in units of the likelihood or as asked."""
        likelihood = self._model.likelihood
        if mean.ndim > 1:
            raise LikelihoodError(f"{likelihood!r} does not tell the law of a target.")
        kind = DiscreteCompound if likelihood.discrete else CompoundDistribution
        conditional = partial(likelihood.conditional, parameters=parameters)
        return kind(conditional, mean, variance, **beside)

    def _rows_and_offsets(self, X, exposure, offset):
        X = new_rows(self, X, accept_sparse="csr")
        exposure, offset = beside_rows(X, exposure, offset)
        likelihood = self._model.likelihood
        if exposure is not None and likelihood.exposure is None:
            raise ValueError(f"exposure is not allowed with likelihood={likelihood!r}.")
        trials = None
        if exposure is not None and likelihood.exposure == "trials":
            trials, exposure = exposure, None
        if exposure is not None:
            if np.any(exposure <= 0.0):
                raise ValueError(f"exposure holds {exposure.min():g}; expected positive numbers.")
            offset = np.log(exposure) + (0.0 if offset is None else offset)
        location, unit = self._model.offset_location, self._model.target_unit
        if offset is not None or location:
            given = np.zeros(X.shape[0]) if offset is None else offset
            offset = (given - location) / unit
        return X, trials, offset


class RegressorPredictionMixin(PredictorMixin, PredictiveMixin):
    """Predictive distributions of regressors: a likelihood with its normal predictor integrated."""

    def predict(self, X, return_std=False, quantiles=None, *, exposure=None, offset=None):
        """Predictive mean, with its uncertainty where asked for.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to give the predictive standard deviation as well.
        quantiles : array-like of shape (n_quantiles,), default=None
            Probabilities in (0, 1); gives predictive quantiles instead of the mean.
        exposure : array-like of shape (n_samples,), default=None
            As in ``fit``; None counts each row once.
        offset : array-like of shape (n_samples,), default=None
            Added to the predictor; None adds nothing.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_quantiles)
            Posterior-predictive mean, or quantiles: whole numbers where targets are counts.
        std : ndarray of shape (n_samples,)
            Only with ``return_std=True``.

        Raises
        ------
        ValueError
            If a quantile is not in (0, 1), or both kinds of uncertainty are asked for.
        """
        return self._predicted(X, return_std, quantiles, exposure=exposure, offset=offset)

    def predict_interval(self, X, coverage=0.9, *, exposure=None, offset=None):
        """Central predictive interval of every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        coverage : float, default=0.9
            Posterior-predictive probability of the interval, in (0, 1); at least that where targets
            are counts.
        exposure, offset : array-like of shape (n_samples,), default=None
            As in :meth:`predict`.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2)
            Lower and upper end.

        Raises
        ------
        ValueError
            If ``coverage`` is not in (0, 1).
        """
        return self._interval(X, coverage, exposure=exposure, offset=offset)

    def predict_dist(self, X, *, exposure=None, offset=None):
        """Posterior-predictive distribution of every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        exposure, offset : array-like of shape (n_samples,), default=None
            As in :meth:`predict`.

        Returns
        -------
        distribution : CompoundDistribution or DiscreteCompound
            Frozen, over the rows, with ``mean``, ``std``, ``var``, ``pdf`` (or ``pmf``),
            ``logpdf``, ``cdf``, ``sf``, ``ppf``, ``interval`` and ``rvs``.
        """
        return self._compound(*self._rows_and_offsets(X, exposure, offset))

    def sample_y(self, X, n_samples=1, random_state=0, *, exposure=None, offset=None):
        """Joint draws of new targets: each draw is one set of coefficients and fresh noise.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples_X, n_features)
            Rows.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Seed or generator.
        exposure, offset : array-like of shape (n_samples_X,), default=None
            As in :meth:`predict`.

        Returns
        -------
        y : ndarray of shape (n_samples_X, n_samples)
            Draws.

        Raises
        ------
        ValueError
            If ``n_samples`` is not a whole number of at least 1.
        """
        check_n_samples(n_samples)
        rng = check_random_state(random_state)
        X, trials, offset = self._rows_and_offsets(X, exposure, offset)
        model = self._model
        eta = drawn_predictors(X, offset, self._state.posterior, n_samples, rng)
        beside = {} if trials is None else {"trials": trials}
        parameters = self._state.posterior.parameters
        drawn = model.likelihood.conditional(eta, parameters, **beside)
        values = drawn.rvs(size=eta.shape[:2], random_state=rng)
        return self._cast((model.target_location + model.target_unit * values).T)

    def _compound(self, X, trials, offset):
        model = self._model
        units = {"location": model.target_location, "unit": model.target_unit}
        beside = {} if trials is None else {"trials": trials}
        parameters = self._state.posterior.parameters
        return self._law(*self._moments(X, offset), parameters, **units, **beside)

    def _predictive_parts(self, X, exposure=None, offset=None):
        X, trials, offset = self._rows_and_offsets(X, exposure, offset)
        for start in range(0, X.shape[0], _ROWS):
            part = slice(start, start + _ROWS)
            beside = (None if values is None else values[part] for values in (trials, offset))
            yield self._compound(X[part], *beside)

    def _predict_mean(self, X, exposure=None, offset=None):
        beside = {"exposure": exposure, "offset": offset}
        given = {name: values for name, values in beside.items() if values is not None}
        parts = self._predictive_parts(X, **given)
        return self._cast(np.concatenate([part.mean() for part in parts]))
