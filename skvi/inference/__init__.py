"""Trainers, summary arithmetic and everything else that is true of any model."""
