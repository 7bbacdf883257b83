"""Weights with scales of their own: the mathematics that several models share."""
