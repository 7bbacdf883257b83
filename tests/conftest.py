"""Settings every test runs under."""

from __future__ import annotations

import os

os.environ.setdefault("MPLBACKEND", "Agg")

from hypothesis import settings

settings.register_profile("skvi", deadline=None, derandomize=True, database=None)
settings.load_profile("skvi")
