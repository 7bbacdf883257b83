"""The width of vectors follows the processor that numba compiles for."""

from __future__ import annotations

import numba
import pytest
from llvmlite import binding

from skvi.numerics.processor import vector_bytes


def test_the_host(monkeypatch):
    monkeypatch.setattr(numba.config, "CPU_NAME", None)
    monkeypatch.setattr(numba.config, "CPU_FEATURES", None)
    for wide in (True, False):
        monkeypatch.setattr(binding, "get_host_cpu_features", lambda wide=wide: {"avx512f": wide})
        assert vector_bytes() == (64 if wide else 32)
    monkeypatch.setattr(binding, "get_host_cpu_features", dict)
    assert vector_bytes() == 32


@pytest.mark.parametrize(
    ("name", "features", "expected"),
    [
        ("generic", None, 32),
        (None, "+avx2,+fma", 32),
        (None, "+avx2,+avx512f", 64),
        ("skylake-avx512", "+avx512f,-avx512vl", 64),
        (None, "+avx2,-avx512f", 32),
    ],
)
def test_another_processor(monkeypatch, name, features, expected):
    monkeypatch.setattr(numba.config, "CPU_NAME", name)
    monkeypatch.setattr(numba.config, "CPU_FEATURES", features)
    assert vector_bytes() == expected
