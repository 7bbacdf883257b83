"""Distributions of the exponential family and their relatives, one per file."""
