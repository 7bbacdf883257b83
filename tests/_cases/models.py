"""Small instances of every model, each with rows to fit and the way to its prior."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import evaluate
from skvi.inference.reading import summarize_all
from skvi.likelihoods import (
    AsymmetricLaplace,
    Bernoulli,
    Categorical,
    Gaussian,
    Heteroscedastic,
    NegativeBinomial,
    Ordinal,
    Poisson,
    StudentT,
)
from skvi.likelihoods.independent_classes import IndependentClasses
from skvi.models.gaussian_mixture.model import GaussianMixtureModel
from skvi.models.linear_predictor.blockwise import BlockwisePredictorModel
from skvi.models.linear_predictor.diagonal import DiagonalPredictorModel
from skvi.models.linear_predictor.diagonal_classes import DiagonalClassesModel
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.linear_regression.model import LinearRegressionModel
from skvi.models.shrinkage.regression import ShrinkageRegressionModel
from skvi.priors import (
    ARD,
    AdaptiveShrinkage,
    Dirichlet,
    DirichletProcess,
    Flat,
    GroupedRidge,
    HalfCauchy,
    Horseshoe,
    Laplace,
    Normal,
    PitmanYor,
    RegularizedHorseshoe,
    Ridge,
    SpikeSlab,
)
from skvi.priors import (
    StudentT as StudentTWeights,
)


class ModelCase(NamedTuple):
    """A model and rows for it.

    ``scaled`` says how many powers of the unit of each column of X, and of y, the density of one
    row carries: (1, 0) for a density of X, (0, 1) for a density of y given X; None where the prior
    has units of its own. ``n_flat`` counts parameters in units of y under a flat prior.
    """

    make: Callable
    rows: Callable
    prior: Callable
    scaled: tuple[int, int] | None
    n_flat: int = 0
    square_root: bool = False

    def blocks(self, dtype=np.float64, **options):
        """The rows as blocks."""
        X, y, weights = self.rows()
        return ArrayBlocks(X.astype(dtype), y, weights, **options)

    def begin(self, blocks, seed=0):
        """Model, prior and first state on some blocks."""
        model = self.make()
        prior = self.prior(model, blocks)
        summary = model.start(blocks, np.random.RandomState(seed))
        return model, prior, evaluate(model, prior, summary)


def mixture_rows():
    """Three overlapping clusters in the plane, far from the origin, with weights."""
    rng = np.random.RandomState(0)
    centre = np.array([[0.0, 0.0], [4.0, 1.0], [1.0, 5.0]])
    shape = np.array(
        [[[1.0, 0.5], [0.0, 1.0]], [[0.5, 0.0], [0.0, 1.5]], [[1.0, -0.8], [0.0, 0.5]]]
    )
    labels = rng.randint(3, size=240)
    noise = rng.standard_normal((240, 1, 2)) @ shape[labels]
    return 30.0 + centre[labels] + noise[:, 0], None, rng.randint(1, 4, size=240).astype(float)


def regression_rows(n_rows=40, n_columns=4, n_targets=1):
    """A linear problem with correlated columns, an offset and weights."""
    rng = np.random.RandomState(1)
    X = rng.standard_normal((n_rows, n_columns))
    X[:, 1:] += 0.7 * X[:, :1]
    y = 7.0 + X @ rng.standard_normal((n_columns, n_targets)) + rng.standard_normal((n_rows, 1))
    return X + 3.0, y, rng.randint(1, 4, size=n_rows).astype(float)


def mixture_prior(model, blocks):
    """Prior scaled with the moments of the rows."""
    return model.prior(model.facts(blocks))


def regression_prior(model, blocks):
    """Prior scaled with the summary of the rows."""
    return model.prior(model.facts(summarize_all(model, blocks, None)))


def mixture(covariance_type, weights, n_components=3):
    """Case of a Gaussian mixture."""
    make = partial(GaussianMixtureModel, n_components, 2, covariance_type, weight_prior=weights)
    return ModelCase(make, mixture_rows, mixture_prior, (1, 0))


def regression(prior, noise=None, family="structured", rows=regression_rows, **options):
    """Case of a linear regression."""
    X, y, _ = rows()
    make = partial(
        LinearRegressionModel, prior, noise, family, n_features=X.shape[1],
        n_targets=y.shape[1], **options
    )  # fmt: skip
    scaled = None if isinstance(prior, Normal) else (0, 1)
    n_flat = X.shape[1] + 1 if isinstance(prior, Flat) else 0
    return ModelCase(
        make, rows, regression_prior, scaled, n_flat, options.get("square_root", False)
    )


def shrinkage(prior, family="auto", noise=None, rows=regression_rows, **options):
    """Case of a linear regression whose weights have scales of their own."""
    make = partial(
        ShrinkageRegressionModel, prior, noise, family, n_features=rows()[0].shape[1], **options
    )
    square_root = options.get("square_root", False)
    scaled = (0, 1) if noise is None else None
    return ModelCase(make, rows, regression_prior, scaled, 0, square_root)


def predictor_rows(likelihood, target):
    """The linear problem, with targets of a kind as a likelihood takes them."""
    X, y, weights = regression_rows()
    return X, likelihood.columns(target(y - y.mean())), weights


def predictor_prior(model, blocks):
    """Prior scaled with the facts about the rows."""
    return model.prior(model.facts(blocks))


def predictor(likelihood, target, prior, model=LinearPredictorModel, **options):
    """Case of a linear predictor under a likelihood."""
    make = partial(model, likelihood, prior, n_features=4, **options)
    return ModelCase(make, partial(predictor_rows, likelihood, target), predictor_prior, None)


def classes(n_classes):
    """Targets in as many classes."""
    return lambda y: np.digitize(y, np.linspace(-1.5, 1.5, n_classes - 1)).astype(float)


def counts(y):
    """Whole numbers with means of about eight."""
    return np.floor(np.exp(0.2 * y + 2.0))


def standardised(y):
    """Targets with location zero and unit one."""
    return y / y.std()


WIDE = partial(regression_rows, 12, 30)
TWO_TARGETS = partial(regression_rows, 40, 4, 2)

MODELS = {
    "GaussianMixtureModel": {
        "full": mixture("full", Dirichlet(1.0)),
        "full process": mixture("full", DirichletProcess(1.0), 5),
        "tied": mixture("tied", PitmanYor(1.0, 0.3)),
        "diag": mixture("diag", DirichletProcess(2.0)),
        "spherical": mixture("spherical", Dirichlet(0.5)),
        "one component": mixture("full", Dirichlet(1.0), 1),
    },
    "LinearRegressionModel": {
        "ridge": regression(Ridge()),
        "ridge fixed": regression(Ridge(2.0)),
        "ridge wide": regression(Ridge(), rows=WIDE, square_root=True),
        "two targets": regression(Ridge(), rows=TWO_TARGETS),
        "normal": regression(Normal(0.0, 4.0), HalfCauchy(2.0)),
        "flat": regression(Flat(), Flat()),
        "mean field": regression(Ridge(), family="mean_field"),
    },
    "ShrinkageRegressionModel": {
        "horseshoe": shrinkage(Horseshoe()),
        "horseshoe coordinate": shrinkage(Horseshoe(), "coordinate"),
        "regularized horseshoe": shrinkage(RegularizedHorseshoe(2.0)),
        "regularized horseshoe wide": shrinkage(
            RegularizedHorseshoe(2.0), rows=WIDE, square_root=True
        ),
        "laplace": shrinkage(Laplace()),
        "laplace coordinate": shrinkage(Laplace(), "coordinate"),
        "student t": shrinkage(StudentTWeights(), noise=HalfCauchy(2.0)),
        "student t wide": shrinkage(StudentTWeights(), "coordinate", rows=WIDE, square_root=True),
        "ard": shrinkage(ARD()),
        "ard groups": shrinkage(ARD([[0, 1], [2, 3]])),
        "grouped ridge": shrinkage(GroupedRidge([[0, 1], [2, 3]])),
        "spike and slab": shrinkage(SpikeSlab()),
        "spike and slab wide": shrinkage(SpikeSlab(), rows=WIDE, square_root=True),
        "adaptive shrinkage": shrinkage(AdaptiveShrinkage()),
    },
    "BlockwisePredictorModel": {
        "softmax": predictor(
            IndependentClasses(3), classes(3), Ridge(1.0), BlockwisePredictorModel
        ),
    },
    "DiagonalPredictorModel": {
        "logistic": predictor(Bernoulli(), classes(2), Ridge(), DiagonalPredictorModel),
    },
    "DiagonalClassesModel": {
        "softmax": predictor(IndependentClasses(3), classes(3), Ridge(1.0), DiagonalClassesModel),
    },
    "LinearPredictorModel": {
        "logistic": predictor(Bernoulli(), classes(2), Ridge()),
        "softmax": predictor(Categorical(3), classes(3), Ridge(1.0)),
        "ordinal": predictor(Ordinal(3), classes(3), Ridge(), fit_intercept=False),
        "counts": predictor(Poisson(), counts, Normal(0.0, 4.0)),
        "counts flat": predictor(Poisson(), counts, Flat()),
        "counts with dispersion": predictor(NegativeBinomial(), counts, Ridge()),
        "noise": predictor(Gaussian(), standardised, Ridge(2.0)),
        "outliers": predictor(StudentT(df=4.0), standardised, Ridge()),
        "quantile": predictor(AsymmetricLaplace(0.7), standardised, Ridge()),
        "two predictors": predictor(Heteroscedastic(), standardised, Ridge()),
    },
}
