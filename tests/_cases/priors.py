"""Instances of every public prior, with and without given arguments."""

from __future__ import annotations

import numpy as np

from skvi import priors

PRIORS = {
    "AdaptiveShrinkage": {
        "default": priors.AdaptiveShrinkage(),
        "given": priors.AdaptiveShrinkage([0.0, 0.5, 2.0], [0.5, 0.3, 0.2]),
    },
    "ARD": {"default": priors.ARD(), "given": priors.ARD([[0, 1], [2, 3]])},
    "Dirichlet": {"default": priors.Dirichlet(), "given": priors.Dirichlet(2.5)},
    "DirichletProcess": {
        "default": priors.DirichletProcess(),
        "given": priors.DirichletProcess(0.3),
    },
    "Flat": {"default": priors.Flat()},
    "Gamma": {"given": priors.Gamma(2.0, 3.0)},
    "GroupedRidge": {
        "default": priors.GroupedRidge(),
        "given": priors.GroupedRidge(["a", "b", "a", "b"]),
    },
    "HalfCauchy": {"given": priors.HalfCauchy(2.0)},
    "HalfStudentT": {"given": priors.HalfStudentT(3.0, 2.0)},
    "Horseshoe": {"default": priors.Horseshoe(), "given": priors.Horseshoe(2)},
    "Laplace": {"default": priors.Laplace(), "given": priors.Laplace(0.5)},
    "Normal": {
        "default": priors.Normal(),
        "given": priors.Normal(1.0, np.array([[2.0, 0.5], [0.5, 1.0]])),
    },
    "NormalWishart": {
        "default": priors.NormalWishart(),
        "given": priors.NormalWishart([0.0, 1.0], 0.5, 6.0, 2.0),
    },
    "PitmanYor": {"default": priors.PitmanYor(), "given": priors.PitmanYor(2.0, 0.5)},
    "RegularizedHorseshoe": {
        "default": priors.RegularizedHorseshoe(),
        "given": priors.RegularizedHorseshoe(1.5, 1.0),
    },
    "Ridge": {"default": priors.Ridge(), "given": priors.Ridge(3.0)},
    "SpikeSlab": {
        "default": priors.SpikeSlab(),
        "given": priors.SpikeSlab(0.2, slab=2.0, df=np.inf),
    },
    "StudentT": {"default": priors.StudentT(), "given": priors.StudentT(3.0, 0.5)},
}
