"""Numerical tools: compiled kernels, special functions, linear algebra and quadrature."""
