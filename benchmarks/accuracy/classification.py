"""Log losses and calibration errors of one default fit against tuned logistic regression.

    python -m benchmarks.accuracy.classification

Reads ``../shared/data`` relative to the repository, or ``$SKVI_DATA``. Every data set has fixed
splits (five, twenty of wine_red; ten stratified ones for those of scikit-learn). Columns are
standardised on training rows. The peer is ``LogisticRegressionCV(Cs=10, cv=5,
scoring="neg_log_loss")``. The table goes to ``benchmarks/results/classification.md``.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skvi import VariationalLogisticRegression, VariationalOrdinalRegression
from skvi.priors import Flat

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SKVI_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "benchmarks" / "results" / "classification.md"

_BINS = 15
_HEAD = """Mean test log loss and expected calibration error (15 bins of the largest probability) of
one default fit and of the peer (`python -m benchmarks.accuracy.classification`), on standardised
columns. "difference" is peer minus ours in log loss, with its standard error over splits: positive
is better. Seconds are means per split, one thread.

| data | ours | peer | difference | ECE ours | ECE peer | difference of ECE | ours (s) | peer (s) |
|---|---|---|---|---|---|---|---|---|
"""


def _own_splits(X, y):
    splitter = StratifiedShuffleSplit(10, test_size=0.2, random_state=0)
    return [test for _, test in splitter.split(X, y)]


def _german_credit():
    folder = DATA / "classification"
    table = pd.read_csv(folder / "german_credit.csv.gz", keep_default_na=False)
    y = table.pop("Credit_risk").to_numpy() == "BAD"
    X = pd.get_dummies(table, drop_first=False).to_numpy(dtype=float)
    return X, y.astype(int), np.load(folder / "german_credit_splits.npz")["test_index"]


def tables():
    """Name, rows, labels and test rows of every split."""
    for name, load in (
        ("breast_cancer", load_breast_cancer),
        ("wine", load_wine),
        ("digits", load_digits),
    ):
        X, y = load(return_X_y=True)
        yield name, X, y, _own_splits(X, y)
    spam = np.load(DATA / "classification" / "spam.npz")
    yield "spam, log(1 + x)", np.log1p(spam["X"]), spam["y"], spam["test_index"]
    yield "german_credit, one-hot", *_german_credit()
    satellite = np.load(DATA / "classification" / "satellite.npz")
    yield "satellite", satellite["X"].astype(float), satellite["y"], satellite["test_index"]


def calibration_error(probabilities, codes):
    """Mean distance of accuracy from confidence over bins of the largest probability."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == codes
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, right - confidence, _BINS)
    return np.abs(gaps).sum() / len(codes)


def scores(model, X, y, test):
    """Log loss, calibration error and seconds of one split."""
    train = np.setdiff1d(np.arange(len(y)), test)
    began = perf_counter()
    fit = make_pipeline(StandardScaler(), model).fit(X[train], y[train])
    seconds = perf_counter() - began
    probabilities = fit.predict_proba(X[test])
    codes = np.searchsorted(fit[-1].classes_, y[test])
    chosen = np.maximum(probabilities[np.arange(len(test)), codes], 1e-15)
    return -np.log(chosen).mean(), calibration_error(probabilities, codes), seconds


def line(name, ours, peer):
    """Line of the table from scores of all splits."""
    ours, peer = np.array(ours), np.array(peer)
    gain = peer[:, :2] - ours[:, :2]
    error = gain.std(axis=0, ddof=1) / np.sqrt(len(gain))
    mean, other = ours.mean(axis=0), peer.mean(axis=0)
    loss = f"{mean[0]:.4f} | {other[0]:.4f} | {gain[:, 0].mean():+.4f} ± {error[0]:.4f}"
    ece = f"{mean[1]:.4f} | {other[1]:.4f} | {gain[:, 1].mean():+.4f} ± {error[1]:.4f}"
    return f"| {name} | {loss} | {ece} | {mean[2]:.2f} | {other[2]:.2f} |"


def ordinal_at_its_best(X, y):
    """What proportional odds reach on the rows they are fitted to, and both evidences."""
    rows = StandardScaler().fit_transform(X)
    best = VariationalOrdinalRegression(prior=Flat()).fit(rows, y)
    codes = np.searchsorted(best.classes_, y)
    loss = -np.log(best.predict_proba(rows)[np.arange(len(y)), codes]).mean()
    ordinal, multinomial = (
        model.fit(rows, y).elbo_
        for model in (VariationalOrdinalRegression(), VariationalLogisticRegression())
    )
    return (
        "\nOn all rows of wine_red an ordinal regression without a prior has a log loss of "
        f"{loss:.4f} on the very\nrows it was fitted to. The bounds of the evidence there are "
        f"{ordinal:.1f} (ordinal) and {multinomial:.1f} (multinomial)."
    )


def main():
    """Print one line per data set, and write the table."""
    warnings.simplefilter("ignore")
    lines = []
    for name, X, y, splits in tables():
        ours = [scores(VariationalLogisticRegression(), X, y, test) for test in splits]
        tuned = LogisticRegressionCV(Cs=10, cv=5, scoring="neg_log_loss", max_iter=1000)
        peer = [scores(tuned, X, y, test) for test in splits]
        lines.append(line(name, ours, peer))
        print(lines[-1], flush=True)
    wine = np.load(DATA / "uci" / "wine_red.npz")
    X, y = wine["X"].astype(float), wine["y"].astype(int)
    splits = wine["test_index"]
    ours = [scores(VariationalOrdinalRegression(), X, y, test) for test in splits]
    peer = [scores(VariationalLogisticRegression(), X, y, test) for test in splits]
    lines.append(line("wine_red: ordinal against our own multinomial", ours, peer))
    print(lines[-1], flush=True)
    plain = LogisticRegression(C=np.inf, max_iter=1000)
    peer = [scores(plain, X, y, test) for test in splits]
    lines.append(line("wine_red: ordinal against an unpenalised multinomial", ours, peer))
    print(lines[-1], flush=True)
    lines.append(ordinal_at_its_best(X, y))
    RESULTS.write_text(_HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
