"""Small instances of every estimator, for scikit-learn's checks and the estimator laws."""

from __future__ import annotations

from skvi import (
    SVI,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
)

ESTIMATORS = {
    "VariationalBayesianRegression": [
        VariationalBayesianRegression(),
        VariationalBayesianRegression(family="mean_field"),
        VariationalBayesianRegression(fit_intercept=False, solver=SVI(batch_size=16), max_iter=20),
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
}
