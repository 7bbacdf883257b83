"""A regression that is one of two models: conjugate, or any likelihood of a linear predictor."""

from __future__ import annotations

from sklearn.utils.validation import check_is_fitted

from skvi.base import VariationalEstimator
from skvi.linear_model._conjugate import ConjugateRegressionMixin
from skvi.linear_model._general import GeneralRegressionMixin
from skvi.linear_model._leave_one_out import LeaveOneOutMixin
from skvi.linear_model._predictor import LinearPredictorEstimator
from skvi.linear_model._predictor_prediction import PredictorMixin
from skvi.linear_model._shrunk import ShrunkRegressionMixin
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.shrinkage.regression import ShrinkageRegressionModel
from skvi.predictive import PredictiveMixin
from skvi.priors._named import named_prior
from skvi.priors._scales import ScaleMixturePrior

__all__ = ["TwoModelsMixin"]


class TwoModelsMixin(ShrunkRegressionMixin, GeneralRegressionMixin):
    """Whatever is asked of a regression, asked of its model's own class."""

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
            ``logpdf``, ``cdf``, ``sf``, ``ppf``, ``interval`` and ``rvs``. Exact with the normal
            likelihood: a mixture of Student-t.
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
        return self._side().summary(self)

    def loo(self, refit="auto"):
        """Leave-one-out predictions of the training rows; not with the normal likelihood.

        Parameters
        ----------
        refit : {"auto", True, False}, default="auto"
            Whether every row is left out by a few more steps of the fit, or in closed form with
            hyper-parameters as they are; "auto": up to 200 rows by steps.

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
        return LeaveOneOutMixin.loo(self, refit)

    predict = PredictiveMixin.predict
    predict_interval = PredictiveMixin.predict_interval
    log_predictive_density = PredictiveMixin.log_predictive_density

    @property
    def posterior_(self):
        """Named factors of the posterior: ``coef``, ``intercept`` and (conjugate) ``noise``."""
        check_is_fitted(self)
        return self._side().posterior_.fget(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = not self._is_general() and not self._is_shrunk()
        return tags

    @property
    def _merges_exactly(self):
        return not self._is_general()

    def _is_general(self, model=None):
        """Whether a model, or the one to be fitted, is that of any likelihood."""
        if model is not None:
            return isinstance(model, LinearPredictorModel)
        return self.likelihood != "normal"

    def _side(self, model=None):
        """Whose methods serve a fitted model."""
        check_is_fitted(self)
        return self._side_of(model or self._model)

    def _side_of(self, model=None):
        """Whose methods serve a model, or the one to be fitted."""
        if self._is_general(model):
            return GeneralRegressionMixin
        return ShrunkRegressionMixin if self._is_shrunk(model) else ConjugateRegressionMixin

    def _is_shrunk(self, model=None):
        """Whether a model, or the one to be fitted, has scales for every coefficient."""
        if model is not None:
            return isinstance(model, ShrinkageRegressionModel)
        return isinstance(named_prior(self.prior), ScaleMixturePrior)

    def _take(self, X, y, sample_weight, *, reset):
        model = None if reset else self._model
        general = self._is_general(model)
        take = LinearPredictorEstimator._take if general else VariationalEstimator._take
        return take(self, X, y, sample_weight, reset=reset)

    def _plan(self, rows):
        return self._side_of()._plan(self, rows)

    def _further_plan(self, rows, forgetting_factor):
        side = self._side_of(self._model if self._is_general(self._model) else None)
        return side._further_plan(self, rows, forgetting_factor)

    def _make_model(self, blocks=None, like=None):
        return self._side_of()._make_model(self, blocks, like)

    def _exact(self, model):
        return self._side_of(model)._exact(self, model)

    def _posterior(self):
        return self._side()._posterior(self)

    def _lasting(self, model):
        if self._is_general(model):
            return LinearPredictorEstimator._lasting(self, model)
        return ("likelihood",)  # any other is taken up, as if all rows came again

    def _arranged(self, model, state):
        owner = LinearPredictorEstimator if self._is_general(model) else VariationalEstimator
        return owner._arranged(self, model, state)

    def _attributes(self, model, state):
        return self._side_of(model)._attributes(self, model, state)

    def _predictive_parts(self, X):
        return self._side()._predictive_parts(self, X)

    def _predict_mean(self, X):
        return self._side()._predict_mean(self, X)
