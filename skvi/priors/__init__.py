"""Prior objects: of weights, noise, scales, mixture weights and components."""

from __future__ import annotations

from skvi.priors.dirichlet import Dirichlet
from skvi.priors.dirichlet_process import DirichletProcess
from skvi.priors.flat import Flat
from skvi.priors.gamma import Gamma
from skvi.priors.half_cauchy import HalfCauchy
from skvi.priors.half_student_t import HalfStudentT
from skvi.priors.normal import Normal
from skvi.priors.normal_wishart import NormalWishart
from skvi.priors.pitman_yor import PitmanYor
from skvi.priors.ridge import Ridge

__all__ = [
    "Dirichlet",
    "DirichletProcess",
    "Flat",
    "Gamma",
    "HalfCauchy",
    "HalfStudentT",
    "Normal",
    "NormalWishart",
    "PitmanYor",
    "Ridge",
]
