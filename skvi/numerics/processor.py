"""What the processor that kernels are compiled for can do."""

from __future__ import annotations

import numba
from llvmlite import binding

__all__ = ["VECTOR_BYTES", "vector_bytes"]


def vector_bytes():
    """Bytes of the widest vectors that come with registers enough for twelve sums: 64 or 32.

    ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES``, which tell numba to compile for another
    processor, are heeded.
    """
    if numba.config.CPU_FEATURES is not None:
        wide = "+avx512f" in numba.config.CPU_FEATURES.split(",")
    elif numba.config.CPU_NAME is not None:
        wide = False
    else:
        wide = bool(binding.get_host_cpu_features().get("avx512f", False))
    return 64 if wide else 32


VECTOR_BYTES = vector_bytes()
