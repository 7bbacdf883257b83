"""Distributions of the exponential family and their relatives, one per file."""

from skvi.families.beta import Beta
from skvi.families.dirichlet import Dirichlet
from skvi.families.gamma import Gamma
from skvi.families.inverse_gamma import InverseGamma
from skvi.families.multivariate_student_t import MultivariateStudentT
from skvi.families.normal import Normal
from skvi.families.normal_gamma import NormalGamma
from skvi.families.normal_wishart import NormalWishart
from skvi.families.stick_breaking import StickBreaking
from skvi.families.student_t import IndependentStudentT, StudentT
from skvi.families.wishart import Wishart

__all__ = [
    "Beta",
    "Dirichlet",
    "Gamma",
    "IndependentStudentT",
    "InverseGamma",
    "MultivariateStudentT",
    "Normal",
    "NormalGamma",
    "NormalWishart",
    "StickBreaking",
    "StudentT",
    "Wishart",
]
