"""Settings every test runs under."""

from __future__ import annotations

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import numba
from hypothesis import settings

settings.register_profile("skvi", deadline=None, derandomize=True, database=None)
settings.load_profile("skvi")


def pytest_configure(config):
    """Let kernels that run as plain Python overflow and divide by zero in silence, as compiled."""
    if numba.config.DISABLE_JIT:
        for what in ("overflow", "divide by zero", "invalid value", "underflow"):
            config.addinivalue_line("filterwarnings", f"ignore:{what} encountered:RuntimeWarning")
