"""Prior objects: of weights, noise, scales, mixture weights and components."""

from __future__ import annotations

from skvi.priors.adaptive_shrinkage import AdaptiveShrinkage
from skvi.priors.ard import ARD
from skvi.priors.dirichlet import Dirichlet
from skvi.priors.dirichlet_process import DirichletProcess
from skvi.priors.flat import Flat
from skvi.priors.gamma import Gamma
from skvi.priors.grouped_ridge import GroupedRidge
from skvi.priors.half_cauchy import HalfCauchy
from skvi.priors.half_student_t import HalfStudentT
from skvi.priors.horseshoe import Horseshoe
from skvi.priors.laplace import Laplace
from skvi.priors.normal import Normal
from skvi.priors.normal_wishart import NormalWishart
from skvi.priors.pitman_yor import PitmanYor
from skvi.priors.regularized_horseshoe import RegularizedHorseshoe
from skvi.priors.ridge import Ridge
from skvi.priors.spike_slab import SpikeSlab
from skvi.priors.student_t import StudentT

__all__ = [
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
]
