"""Variational inference as scikit-learn estimators.

Every public name is importable from here and is loaded when it is first used: ``import skvi``
imports no subpackage and compiles nothing.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "skvi.linear_model": (
        "VariationalBayesianRegression",
        "VariationalGLMRegressor",
        "VariationalLogisticRegression",
        "VariationalOrdinalRegression",
        "VariationalQuantileRegressor",
    ),
    "skvi.mixture": ("VariationalGaussianMixture",),
    "skvi.priors": (
        "ARD",
        "AdaptiveShrinkage",
        "Dirichlet",
        "DirichletProcess",
        "Flat",
        "Gamma",
        "GroupedRidge",
        "HalfCauchy",
        "HalfStudentT",
        "Horseshoe",
        "Laplace",
        "Normal",
        "NormalWishart",
        "PitmanYor",
        "RegularizedHorseshoe",
        "Ridge",
        "SpikeSlab",
        "StudentT",
    ),
    "skvi.solvers": ("CAVI", "SVI", "Memoized"),
    "skvi.callbacks": ("ELBOMonitor",),
    "skvi.merging": ("merge",),
    "skvi.model_selection": ("rank_by_bound",),
    "skvi._warm_up": ("warm_up",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'skvi' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})
