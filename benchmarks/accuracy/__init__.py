"""Checks against gold answers in ``../shared/data`` (or the folder in ``SKVI_DATA``)."""
