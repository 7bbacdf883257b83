"""The linear regression estimator: scikit-learn manners over ``models.linear_regression``."""

from __future__ import annotations

from numbers import Integral, Real

from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from skvi._compat import N_JOBS, Interval, StrOptions, _fit_context
from skvi.base import VariationalEstimator
from skvi.likelihoods import Gaussian, Heteroscedastic, StudentT
from skvi.linear_model._conjugate import ConjugateRegressionMixin
from skvi.linear_model._general import GeneralRegressionMixin
from skvi.linear_model._leave_one_out import LeaveOneOutMixin
from skvi.linear_model._predictor import LinearPredictorEstimator
from skvi.linear_model._predictor_prediction import PredictorMixin
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.predictive import PredictiveMixin
from skvi.priors import Flat, Gamma, HalfCauchy, HalfStudentT, Normal, Ridge
from skvi.solvers import CAVI, SVI, Memoized

__all__ = ["VariationalBayesianRegression"]


class VariationalBayesianRegression(
    ConjugateRegressionMixin, GeneralRegressionMixin, MultiOutputMixin, RegressorMixin,
    VariationalEstimator,
):  # fmt: skip
    """Bayesian linear regression with the posterior of its scales integrated out.

    With ``family="structured"`` (the default) nothing is factorised that belongs together, so the
    bound is the log evidence and intervals keep their promise down to a handful of rows. See the
    user guide for the model, its updates and when not to use it.

    Parameters
    ----------
    likelihood : {"normal", "student_t", "heteroscedastic"} or likelihood object, default="normal"
        Law of the target about its mean. With any but "normal" the posterior of the coefficients
        is a Gaussian, the scale (and the degrees of freedom) are those with the largest bound, and
        there is one target.
    prior : {"ridge", "flat"} or prior object, default="ridge"
        Prior of the coefficients, on the columns as given: ``Ridge(alpha)``, relative to the noise
        as in :class:`sklearn.linear_model.Ridge`, with ``alpha=None`` learned;
        ``Normal(mean, covariance)``, absolute; ``Flat()``.
    noise_prior : Gamma, HalfCauchy, HalfStudentT, Flat or None, default=None
        Prior of the noise: ``Gamma(shape, rate)`` of its precision, the others of its standard
        deviation. None is a mixture of Gammas scaled with the target (see the user guide).
    family : {"structured", "mean_field"}, default="structured"
        "structured" keeps coefficients, noise and scale together; "mean_field" is classical
        coordinate ascent with one factor each, whose intervals are too narrow.
    fit_intercept : bool, default=True
        Whether to add an intercept. At the mean of the rows it has a normal prior centred at the
        mean of the target and worth a hundredth of a row.
    solver : {"auto", "cavi", "svi", "memoized"} or solver object, default="auto"
        "auto", "cavi" and "memoized" read the rows once (twice where the design is badly
        conditioned): their summary does not depend on the posterior. "svi" gives the same answer.
    max_iter : int, default=1000
        Sweeps (mean field) or passes over the rows (svi) at the most.
    tol : float, default=1e-3
        An iterative fit stops once an iteration changes the bound by less than ``tol`` nats per
        row and no posterior mean by more than ``tol`` posterior standard deviations.
    random_state : int, RandomState instance or None, default=None
        Order of the rows under "svi".
    n_jobs : int, default=None
        Threads over blocks of rows; the same bits for any number.
    verbose : int, default=0
        1 prints a line per fit, 2 also a line per iteration.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Posterior means of the coefficients.
    intercept_ : float or ndarray of shape (n_targets,)
        Posterior mean of the intercept; 0.0 without one.
    alpha_ : float or ndarray of shape (n_targets,)
        Posterior mean of the noise precision; inf where it has none.
    lambda_ : float or ndarray of shape (n_targets,)
        Posterior mean of the prior precision of the coefficients (``alpha / sigma^2``) where alpha
        is fixed; otherwise the inverse of their mean prior variance.
    sigma_ : ndarray of shape (n_features, n_features) or (n_targets, n_features, n_features)
        Posterior covariance of the coefficients, inf where it has none; formed at every access.
    elbo_ : float
        Evidence lower bound in nats, every constant kept; the log evidence itself where
        ``family="structured"``. Under a flat prior, which has no total mass, the density of the
        data is with respect to Lebesgue measure of the parameter.
    elbo_terms_ : dict of str to float
        Its terms, by the names in the user guide; they sum to ``elbo_``.
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
    Han, Liao and Carin (2013), "Integrated non-factorized variational inference".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skvi import VariationalBayesianRegression
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regression = VariationalBayesianRegression().fit(X, y)
    >>> regression.predict_interval(X[:2], coverage=0.9).round().astype(int).tolist()
    [[113, 293], [-19, 161]]
    """

    _parameter_constraints = {
        "likelihood": [
            StrOptions({"normal", "student_t", "heteroscedastic"}),
            Gaussian,
            StudentT,
            Heteroscedastic,
        ],  # fmt: skip
        "prior": [StrOptions({"ridge", "flat"}), Ridge, Normal, Flat],
        "noise_prior": [Gamma, HalfCauchy, HalfStudentT, Flat, None],
        "family": [StrOptions({"structured", "mean_field"})],
        "fit_intercept": ["boolean"],
        "solver": [StrOptions({"auto", "cavi", "svi", "memoized"}), CAVI, SVI, Memoized],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        likelihood="normal",
        prior="ridge",
        noise_prior=None,
        family="structured",
        fit_intercept=True,
        solver="auto",
        max_iter=1000,
        tol=1e-3,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.likelihood = likelihood
        self.prior = prior
        self.noise_prior = noise_prior
        self.family = family
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the regression.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or iterable of chunks
            Rows; or anything that can be iterated over again and again and gives chunks ``(X, y)``
            or ``(X, y, sample_weight)``.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets; None where ``X`` is an iterable of chunks.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts: weight two is the row twice, weight zero is no row; what stands in a
            row of weight zero has no influence, but must pass the checks all the same.

        Returns
        -------
        self : VariationalBayesianRegression
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not allowed; the message names which and why.
        """
        return self._fit(X, y, sample_weight)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None, *, forgetting_factor=1.0):
        """Take further rows in: exactly the fit on all rows seen so far.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or iterable of chunks
            New rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets, in the shape they had at first.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts, as in :meth:`fit`.
        forgetting_factor : float, default=1.0
            In (0, 1]: the weights of all rows seen before are multiplied by it.

        Returns
        -------
        self : VariationalBayesianRegression
            The updated estimator.

        Raises
        ------
        ValueError
            If the new rows do not have the columns and targets of those seen before.
        """
        return self._fit_further(X, y, sample_weight, forgetting_factor)

    def predict_dist(self, X):
        """Posterior-predictive distribution of every row, the noise included.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        distribution : StudentTMixture, StackedDistribution or CompoundDistribution
            Frozen, over the rows (and targets), with ``mean``, ``std``, ``var``, ``pdf``,
            ``logpdf``, ``cdf``, ``ppf`` and ``rvs``. Exact with the normal likelihood: a mixture
            of Student-t.
        """
        return self._side().predict_dist(self, X)

    def sample_y(self, X, n_samples=1, random_state=0):
        """Joint draws of new targets: each draw is one set of coefficients and fresh noise.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples_X, n_features)
            Rows.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Seed or generator.

        Returns
        -------
        y : ndarray of shape (n_samples_X, n_samples) or (n_samples_X, n_targets, n_samples)
            Draws.

        Raises
        ------
        ValueError
            If ``n_samples`` is not a whole number of at least 1.
        """
        return self._side().sample_y(self, X, n_samples, random_state)

    def summary(self, robust=False):
        """Table of the coefficients; needs pandas.

        Parameters
        ----------
        robust : bool, default=False
            Whether standard deviations and quantiles are those that hold where the likelihood is
            not the true one; not with the normal likelihood.

        Returns
        -------
        table : pandas.DataFrame
            One row per coefficient (the intercept first): mean, sd, 5 %, 50 % and 95 % quantiles
            and the probability of being positive. With several targets they are the outer index,
            under the names of the columns of ``y`` where it was a frame.

        Raises
        ------
        ValueError
            If ``robust=True`` and the training rows are not kept.
        """
        check_is_fitted(self)
        if self._is_general(self._model):
            return PredictorMixin.summary(self, robust)
        if robust:
            raise ValueError(
                "robust=True needs rows that are kept: use likelihood=Gaussian() of "
                "skvi.likelihoods in place of 'normal'."
            )
        return ConjugateRegressionMixin.summary(self)

    def loo(self):
        """Leave-one-out predictions of the training rows; not with the normal likelihood.

        Returns
        -------
        LeaveOneOut
            ``log_density``, ``pit``, ``leverage`` and ``elpd``, over rows of positive weight.

        Raises
        ------
        ValueError
            If the training rows are not kept.
        """
        check_is_fitted(self)
        if not self._is_general(self._model):
            raise ValueError(
                "loo() needs rows that are kept: use likelihood=Gaussian() of skvi.likelihoods in "
                "place of 'normal'."
            )
        return LeaveOneOutMixin.loo(self)

    predict = PredictiveMixin.predict
    predict_interval = PredictiveMixin.predict_interval
    log_predictive_density = PredictiveMixin.log_predictive_density

    @property
    def posterior_(self):
        """Named factors of the posterior: ``coef``, ``intercept`` and (conjugate) ``noise``."""
        check_is_fitted(self)
        return self._side().posterior_.fget(self)

    def _is_general(self, model=None):
        """Whether a model, or the one to be fitted, is that of any likelihood."""
        if model is not None:
            return isinstance(model, LinearPredictorModel)
        return self.likelihood != "normal"

    def _side(self, model=None):
        """Whose methods serve a fitted model."""
        check_is_fitted(self)
        general = self._is_general(model or self._model)
        return GeneralRegressionMixin if general else ConjugateRegressionMixin

    def _take(self, X, y, sample_weight, *, reset):
        general = self._is_general(None if reset else self._model)
        take = LinearPredictorEstimator._take if general else VariationalEstimator._take
        return take(self, X, y, sample_weight, reset=reset)

    def _plan(self, rows):
        side = GeneralRegressionMixin if self._is_general() else ConjugateRegressionMixin
        return side._plan(self, rows)

    def _further_plan(self, rows, forgetting_factor):
        return self._side()._further_plan(self, rows, forgetting_factor)

    def _attributes(self, model, state):
        side = GeneralRegressionMixin if self._is_general(model) else ConjugateRegressionMixin
        return side._attributes(self, model, state)

    def _predictive_parts(self, X):
        return self._side()._predictive_parts(self, X)

    def _predict_mean(self, X):
        return self._side()._predict_mean(self, X)
