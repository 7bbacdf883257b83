"""Logistic regression: scikit-learn manners over ``models.linear_predictor``."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin

from skvi._compat import N_JOBS, Interval, StrOptions, _fit_context
from skvi.likelihoods import Bernoulli, Categorical
from skvi.linear_model._classes import ClassesMixin
from skvi.linear_model._leave_one_out import LeaveOneOutMixin
from skvi.linear_model._predictor import LinearPredictorEstimator
from skvi.linear_model._predictor_prediction import PredictorMixin
from skvi.models.linear_predictor.integrated import log_class_probabilities
from skvi.priors._named import NAMED_PRIORS, WEIGHT_PRIORS
from skvi.solvers import CAVI, SVI, Memoized

__all__ = ["VariationalLogisticRegression"]

_LEAST_LOG = float(np.log(np.finfo(float).tiny))


class VariationalLogisticRegression(
    LeaveOneOutMixin, PredictorMixin, ClassesMixin, ClassifierMixin, LinearPredictorEstimator
):
    """Bayesian logistic regression, binary or multinomial, with the exact bound.

    The posterior of the weights is the Gaussian with the largest evidence lower bound, none on the
    likelihood being taken: means and intervals are closer to the truth than those of a Laplace
    approximation or of Polya-Gamma augmentation. Probabilities integrate over it.

    Parameters
    ----------
    prior : str or prior object, default="ridge"
        Prior of the coefficients, on the columns as given. ``Ridge(alpha)`` is
        ``N(0, 1 / alpha)``, the penalty of :class:`sklearn.linear_model.LogisticRegression` with
        ``C = 1 / alpha``; ``alpha=None`` is learned. ``Normal(mean, covariance)``; ``Flat()``;
        or one with scales of their own, such as ``Horseshoe()`` (see the user guide).
    fit_intercept : bool, default=True
        Whether to add an intercept, with a normal prior of standard deviation ten where columns
        are at their means.
    family : {"auto", "full", "gaussian", "blockwise", "diagonal"}, default="auto"
        "full", alias "gaussian", keeps all covariances of the weights; "blockwise", for more than
        two classes, those within a class; "diagonal" has independent weights, whose variances are
        too small where columns depend on each other. Of two classes "auto" is "full" up to 3000
        weights, and beyond where there are fewer rows than columns (and at most 1000 rows),
        otherwise "diagonal"; of several, "full" where an iteration takes less than 2e9 products,
        otherwise "blockwise", and "diagonal" beyond 3000 columns. ``loo()`` is rougher without all
        covariances.
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
        Labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Posterior means of the coefficients: of the log odds of the second class where there are
        two, else of every class relative to the mean of all classes.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Posterior means of the intercepts.
    lambda_ : float
        Posterior mean of the prior precision of the coefficients under ``Ridge``; zero under
        ``Flat``, NaN under ``Normal``.
    likelihood_parameters_ : dict
        Empty: there are none.
    sigma_ : ndarray of shape (1 or n_classes, n_features, n_features)
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
    Khan and Lin (2017), "Conjugate-computation variational inference".

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skvi import VariationalLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), VariationalLogisticRegression()).fit(X, y)
    >>> model.predict_proba(X[:2])[:, 1].round(2).tolist()
    [0.0, 0.0]
    """

    _parameter_constraints = {
        "prior": [StrOptions(set(NAMED_PRIORS)), *WEIGHT_PRIORS],
        "fit_intercept": ["boolean"],
        "family": [StrOptions({"auto", "full", "blockwise", "diagonal", "gaussian"})],
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
            Added to the log odds; two classes only.

        Returns
        -------
        self : VariationalLogisticRegression
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
        self : VariationalLogisticRegression
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
        if mean.ndim > 1:
            probabilities = self._model.likelihood.expected_probabilities(mean, variance)
            return self._in_dtype(probabilities)
        return self._in_dtype(np.exp(log_class_probabilities(mean, variance)))

    def decision_function(self, X, *, offset=None):
        """Log odds of the predictive probabilities; beyond two classes, their logarithms.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        logs = self.predict_log_proba(X, offset=offset)
        if len(self.classes_) == 2:
            return logs[:, 1] - logs[:, 0]
        return np.maximum(logs, _LEAST_LOG)

    def predict_log_proba(self, X, *, offset=None):
        """Logarithms of :meth:`predict_proba`; of two classes, right at any distance.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
        """
        if len(self._fitted_classes()) > 2:
            return super().predict_log_proba(X, offset=offset)
        X, _, offset = self._rows_and_offsets(X, None, offset)
        return self._in_dtype(log_class_probabilities(*self._moments(X, offset)))

    def _likelihood(self, like):
        if like is not None:
            return like.likelihood
        n_classes = len(self._classes)
        return Bernoulli() if n_classes == 2 else Categorical(n_classes)

    def _mix(self, model):
        likelihood = model.likelihood
        if likelihood.n_predictors == 1:
            return np.ones((1, 1)), False
        return likelihood.class_logits(), False

    def _group_names(self):
        return None if len(self.classes_) == 2 else list(self.classes_)
