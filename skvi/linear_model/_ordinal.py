"""Ordinal regression: scikit-learn manners over ``models.linear_predictor``."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin

from skvi._compat import N_JOBS, Interval, StrOptions, _fit_context
from skvi.likelihoods import Ordinal
from skvi.linear_model._classes import ClassesMixin
from skvi.linear_model._leave_one_out import LeaveOneOutMixin
from skvi.linear_model._predictor import LinearPredictorEstimator
from skvi.linear_model._predictor_prediction import PredictorMixin
from skvi.models.linear_predictor.posterior import in_table_units
from skvi.priors._named import NAMED_PRIORS, WEIGHT_PRIORS
from skvi.solvers import CAVI, SVI, Memoized

__all__ = ["VariationalOrdinalRegression"]


class VariationalOrdinalRegression(
    LeaveOneOutMixin, PredictorMixin, ClassesMixin, ClassifierMixin, LinearPredictorEstimator
):
    """Bayesian proportional-odds regression of ordered classes, with the exact bound.

    ``log odds(y <= class k) = cut-point k - x'w``: positive coefficients speak for later classes.
    Labels are ordered as they sort.

    Parameters
    ----------
    prior : str or prior object, default="ridge"
        Prior of the coefficients, on the columns as given. ``Ridge(alpha)`` is
        ``N(0, 1 / alpha)``, the penalty of :class:`sklearn.linear_model.LogisticRegression` with
        ``C = 1 / alpha``; ``alpha=None`` is learned. ``Normal(mean, covariance)``; ``Flat()``;
        or one with scales of their own, such as ``Horseshoe()`` (see the user guide).
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
    classes_ : ndarray of shape (n_classes,)
        Labels, in their order.
    coef_ : ndarray of shape (n_features,)
        Posterior means of the coefficients: of the log odds of being in a later class.
    cut_points_ : ndarray of shape (n_classes - 1,)
        Log odds of the classes up to each but the last where all columns are zero.
    lambda_ : float
        Posterior mean of the prior precision of the coefficients under ``Ridge``; zero under
        ``Flat``, NaN under ``Normal``.
    likelihood_parameters_ : dict
        Cut-points where the columns are at their means.
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
    McCullagh (1980), "Regression models for ordinal data".

    Examples
    --------
    >>> import numpy as np
    >>> from skvi import VariationalOrdinalRegression
    >>> rng = np.random.RandomState(0)
    >>> X = rng.standard_normal((300, 2))
    >>> y = np.digitize(2.0 * X[:, 0] + rng.logistic(size=300), [-1.0, 1.0])
    >>> model = VariationalOrdinalRegression().fit(X, y)
    >>> model.predict([[-2.0, 0.0], [0.0, 0.0], [2.0, 0.0]]).tolist()
    [0, 1, 2]
    """

    _parameter_constraints = {
        "prior": [StrOptions(set(NAMED_PRIORS)), *WEIGHT_PRIORS],
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

    _ordered_classes = True

    def __init__(
        self,
        *,
        prior="ridge",
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
        self.prior = prior
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
        """Fit the classifier.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or iterable of chunks
            Rows; or anything that can be iterated over again and again and gives chunks ``(X, y)``
            or ``(X, y, sample_weight)``; the last may be a dict of what stands beside the rows.
        y : array-like of shape (n_samples,)
            Labels of at least two classes; None where ``X`` is an iterable of chunks.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts.
        offset : array-like of shape (n_samples,), default=None
            Added to ``x'w``.

        Returns
        -------
        self : VariationalOrdinalRegression
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not allowed; the message names which and why.
        """
        return self._fit(X, y, sample_weight, offset=offset)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X, y=None, classes=None, sample_weight=None, *, forgetting_factor=1.0, offset=None
    ):
        """Take further rows in: the posterior so far is their prior.

        Three natural-gradient steps are taken on the new rows; the old ones are kept as the
        quadratic that touched their log likelihood.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            New rows.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels there will be, in the first call; None takes those of its rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts.
        forgetting_factor : float, default=1.0
            In (0, 1]: the weights of all rows seen before are multiplied by it.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        self : VariationalOrdinalRegression
            The updated estimator.

        Raises
        ------
        ValueError
            If the new rows do not have the columns and classes of those seen before.
        """
        return self._classify_further(
            X, y, classes, sample_weight, forgetting_factor, offset=offset
        )

    def predict_proba(self, X, *, offset=None):
        """Posterior-predictive probabilities of the classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
        """
        X, _, offset = self._rows_and_offsets(X, None, offset)
        mean, variance = self._moments(X, offset)
        model, parameters = self._model, self._state.posterior.parameters
        return self._in_dtype(model.likelihood.probabilities(mean, variance, parameters))

    def _likelihood(self, like):
        if like is not None:
            return like.likelihood
        return Ordinal(len(self._classes))

    def _fits_intercept(self):
        return False

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # of classes that have no order
        return tags

    def _attributes(self, model, state):
        attributes = super()._attributes(model, state)
        posterior = state.posterior
        weights = in_table_units(posterior, posterior.flat_mean())
        cuts = np.asarray(model.named(posterior.parameters)["cut_points"])
        measured = posterior.units if posterior.units.basis is None else posterior.units.basis
        shift = float(measured.centre @ weights[0, : model.n_features])
        attributes["cut_points_"] = self._in_dtype(cuts + shift)
        del attributes["intercept_"]
        return attributes
