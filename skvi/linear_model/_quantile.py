"""Quantile regression: scikit-learn manners over ``models.linear_predictor``."""

from __future__ import annotations

from numbers import Integral, Real

from sklearn.base import RegressorMixin

from skvi._compat import N_JOBS, Interval, StrOptions, _fit_context
from skvi.likelihoods import AsymmetricLaplace
from skvi.linear_model._leave_one_out import LeaveOneOutMixin
from skvi.linear_model._predictor import LinearPredictorEstimator
from skvi.linear_model._predictor_prediction import RegressorPredictionMixin
from skvi.linear_model._scoring import ScoringMixin
from skvi.priors._named import NAMED_PRIORS, WEIGHT_PRIORS
from skvi.solvers import CAVI, SVI, Memoized

__all__ = ["VariationalQuantileRegressor"]


class VariationalQuantileRegressor(
    LeaveOneOutMixin,
    ScoringMixin,
    RegressorPredictionMixin,
    RegressorMixin,
    LinearPredictorEstimator,
):
    """Bayesian quantile regression.

    The likelihood is an asymmetric Laplace distribution about the quantile, whose mode is the
    estimate of :class:`sklearn.linear_model.QuantileRegressor`. It is a working likelihood: use
    ``summary(robust=True)`` for standard deviations that do not rest on it.

    Parameters
    ----------
    quantile : float, default=0.5
        Which quantile, in (0, 1).
    prior : str or prior object, default="ridge"
        Prior of the coefficients, on the columns as given: ``Ridge(alpha)``, relative to
        the squared scale of the noise; ``alpha=None`` is learned, with the target measured in its
        standard deviations; ``Normal(mean, covariance)``, absolute; ``Flat()``; or one with scales
        of their own.
    fit_intercept : bool, default=True
        Whether to add an intercept, with a normal prior ten times as wide as the target, where
        columns are at their means.
    family : {"auto", "full", "gaussian", "diagonal"}, default="auto"
        "full", alias "gaussian", keeps all covariances of the weights; "diagonal" has independent
        weights, whose variances are too small where columns depend on each other. "auto" is "full"
        up to 3000 weights, and beyond where there are fewer rows than columns (and at most 1000
        rows).
    refresh : int or "auto", default="auto"
        Under priors with scales of their own, the number of draws that refresh the posterior, by
        short chains of normal fits given drawn scales; not of several classes. "auto" is 300 where
        that takes a few seconds at the most, otherwise 0.
    solver : {"auto", "cavi", "svi", "memoized"} or solver object, default="auto"
        "svi" begins with mini-batches; the others take natural-gradient steps over all rows.
    max_iter : int, default=1000
        Passes over the rows at the most.
    tol : float, default=1e-3
        The fit stops once an iteration changes the bound by less than ``tol`` nats per row and no
        posterior mean by more than ``tol`` posterior standard deviations.
    warm_start : bool, default=False
        Start from the last fit, in standard deviations of columns and target, if it had the same
        columns and hyper-parameters and more rows than columns.
    random_state : int, RandomState instance or None, default=None
        Order of the rows under "svi".
    n_jobs : int, default=None
        Threads over blocks of rows; the same bits for any number.
    verbose : int, default=0
        1 prints a line per fit, 2 also a line per iteration.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Posterior means of the coefficients.
    intercept_ : float
        Posterior mean of the intercept.
    lambda_ : float
        Posterior mean of the prior precision of the coefficients under ``Ridge``; zero under
        ``Flat``, NaN under ``Normal``.
    likelihood_parameters_ : dict
        Hyper-parameters of the likelihood, learned or given.
    sigma_ : ndarray of shape (n_features, n_features)
        Posterior covariance of the coefficients; formed at every access.
    elbo_ : float
        Evidence lower bound in nats, every constant kept.
    elbo_terms_ : dict of str to float
        Its terms; they sum to ``elbo_``.
    elbo_history_ : ndarray of shape (n_iter,)
        The bound after every iteration.
    n_iter_ : int
        Number of iterations.
    converged_ : bool
        Whether the fit met ``tol``.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where strings.

    References
    ----------
    Yu and Moyeed (2001), "Bayesian quantile regression".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skvi import VariationalQuantileRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = VariationalQuantileRegressor(quantile=0.9).fit(X, y)
    >>> bool(0.87 < (y <= model.predict(X)).mean() < 0.93)
    True
    """

    _parameter_constraints = {
        "quantile": [Interval(Real, 0.0, 1.0, closed="neither")],
        "prior": [StrOptions(set(NAMED_PRIORS)), *WEIGHT_PRIORS],
        "fit_intercept": ["boolean"],
        "family": [StrOptions({"auto", "full", "diagonal", "gaussian"})],
        "refresh": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
        "solver": [StrOptions({"auto", "cavi", "svi", "memoized"}), CAVI, SVI, Memoized],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        quantile=0.5,
        prior="ridge",
        fit_intercept=True,
        family="auto",
        refresh="auto",
        solver="auto",
        max_iter=1000,
        tol=1e-3,
        warm_start=False,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.quantile = quantile
        self.prior = prior
        self.fit_intercept = fit_intercept
        self.family = family
        self.refresh = refresh
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, *, offset=None):
        """Fit the regression.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or iterable of chunks
            Rows; or anything that can be iterated over again and again and gives chunks ``(X, y)``
            or ``(X, y, sample_weight)``; the last may be a dict of what stands beside the rows.
        y : array-like of shape (n_samples,)
            Targets; None where ``X`` is an iterable of chunks.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts.
        offset : array-like of shape (n_samples,), default=None
            Added to the linear predictor.

        Returns
        -------
        self : VariationalQuantileRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not allowed; the message names which and why.
        """
        return self._fit(X, y, sample_weight, offset=offset)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X,
        y=None,
        sample_weight=None,
        *,
        forgetting_factor=1.0,
        offset=None,
    ):
        """Take further rows in: the posterior so far is their prior.

        Three natural-gradient steps are taken on the new rows; the old ones are kept as the
        quadratic that touched their log likelihood.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            New rows.
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts.
        forgetting_factor : float, default=1.0
            In (0, 1]: the weights of all rows seen before are multiplied by it.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        self : VariationalQuantileRegressor
            The updated estimator.

        Raises
        ------
        ValueError
            If the new rows do not have the columns of those seen before.
        """
        return self._fit_further(X, y, sample_weight, forgetting_factor, offset=offset)

    def _likelihood(self, like):
        if like is not None:
            return like.likelihood
        return AsymmetricLaplace(self.quantile)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Far from the median, a quantile is not near the mean.
        tags.regressor_tags.poor_score = self.quantile != 0.5
        return tags

    def _predict_mean(self, X, exposure=None, offset=None):
        """The quantile itself, not the mean of the working likelihood."""
        X, _, offset = self._rows_and_offsets(X, exposure, offset)
        model = self._model
        mean, _ = self._moments(X, offset)
        return self._cast(model.target_location + model.target_unit * mean)
