"""The registry of cases is complete: a public name without a case fails here."""

from skvi import families
from tests._cases.families import FAMILIES


def test_every_public_family_has_a_case():
    assert set(FAMILIES) == set(families.__all__)


def test_every_family_of_the_registry_has_cases_of_its_own_kind():
    for name, cases in FAMILIES.items():
        assert cases, name
        for case in cases.values():
            assert type(case.distribution).__name__ == name
