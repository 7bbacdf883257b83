"""Small instances of every estimator, for scikit-learn's checks and the estimator laws."""

from __future__ import annotations

from skvi import (
    SVI,
    Normal,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
    VariationalQuantileRegressor,
)
from skvi.likelihoods import Tweedie

ESTIMATORS = {
    "VariationalBayesianRegression": [
        VariationalBayesianRegression(),
        VariationalBayesianRegression(family="mean_field"),
        VariationalBayesianRegression(fit_intercept=False, solver=SVI(batch_size=16), max_iter=20),
        VariationalBayesianRegression(prior="horseshoe", random_state=0),
        VariationalBayesianRegression(prior="regularized_horseshoe", refresh=0),
        VariationalBayesianRegression(prior="spike_slab", refresh=0),
        VariationalBayesianRegression(likelihood="student_t"),
        VariationalBayesianRegression(likelihood="heteroscedastic"),
    ],
    "VariationalGaussianMixture": [
        VariationalGaussianMixture(2, n_init=2, random_state=0),
        VariationalGaussianMixture(2, covariance_type="tied", n_init=2, random_state=0),
        VariationalGaussianMixture(
            2, covariance_type="diag", weight_prior="dirichlet", n_init=2, random_state=0
        ),
        VariationalGaussianMixture(
            2, covariance_type="spherical", solver="memoized", n_init=2, random_state=0
        ),
    ],
    "VariationalGLMRegressor": [
        VariationalGLMRegressor(),
        VariationalGLMRegressor(likelihood="gamma"),
        VariationalGLMRegressor(prior=Normal(0.0, 4.0)),
        VariationalGLMRegressor(likelihood=Tweedie(power=1.3)),
        VariationalGLMRegressor(likelihood="weibull"),
        VariationalGLMRegressor(likelihood="exponential"),
    ],
    "VariationalLogisticRegression": [
        VariationalLogisticRegression(),
        VariationalLogisticRegression(prior=Normal(0.0, 4.0), fit_intercept=False),
    ],
    "VariationalOrdinalRegression": [VariationalOrdinalRegression()],
    "VariationalQuantileRegressor": [
        VariationalQuantileRegressor(),
        VariationalQuantileRegressor(quantile=0.9),
    ],
}
