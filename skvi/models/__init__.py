"""Probabilistic models: the five verbs, one model per folder. No scikit-learn inside."""
