"""Two estimators on real data: coefficients with honest intervals, and how many clusters there are.

Run it with ``make demo``. It prints four tables and writes ``quickstart.png``.
"""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse
from scipy.stats import chi2, norm
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import BayesianRidge
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvi import Flat, Normal, Ridge, VariationalBayesianRegression, VariationalGaussianMixture

BLUE, ORANGE, GREY = "#1f5fa8", "#d9731a", "0.55"
COVERAGE = 0.9
NAT = 1.0  # bounds less than this apart do not tell models from each other


def log_density(pipeline, X, y):
    """Scorer: mean held-out log predictive density, in nats per row."""
    return pipeline[-1].log_predictive_density(pipeline[:-1].transform(X), y).mean()


def fit_regression(X, y):
    """Grid search over priors, by held-out log predictive density."""
    pipeline = make_pipeline(StandardScaler(), VariationalBayesianRegression())
    pipeline.set_output(transform="pandas")  # keeps the names of the columns
    priors = [Ridge(), Ridge(alpha=1.0), Normal(0.0, 30.0**2), Flat()]
    grid = {"variationalbayesianregression__prior": priors}
    return GridSearchCV(pipeline, grid, scoring=log_density, cv=5).fit(X, y)


def interval_scores(interval, y, log_scores):
    """Coverage, mean width and mean log density of held-out predictions."""
    inside = (interval[:, 0] <= y) & (y <= interval[:, 1])
    return inside.mean(), np.diff(interval).mean(), np.mean(log_scores)


def small_sample_race(X, y, n_train=20, n_splits=200):
    """Held-out scores of both regressions on many small training sets."""
    scores = {"VariationalBayesianRegression": [], "BayesianRidge": []}
    for seed in range(n_splits):
        parts = train_test_split(X, y, train_size=n_train, random_state=seed)
        X_train, X_test, y_train, y_test = parts
        ours = VariationalBayesianRegression().fit(X_train, y_train)
        scores["VariationalBayesianRegression"].append(
            interval_scores(
                ours.predict_interval(X_test, COVERAGE),
                y_test,
                ours.log_predictive_density(X_test, y_test),
            )
        )
        mean, sd = BayesianRidge().fit(X_train, y_train).predict(X_test, return_std=True)
        half = norm.ppf(0.5 + COVERAGE / 2) * sd
        interval = np.column_stack([mean - half, mean + half])
        scores["BayesianRidge"].append(
            interval_scores(interval, y_test, norm.logpdf(y_test, mean, sd))
        )
    return {name: np.mean(values, axis=0) for name, values in scores.items()}


def fit_mixtures(X, largest=6):
    """The complete bound over the number of components."""
    return [
        VariationalGaussianMixture(k, n_init=10, random_state=0).fit(X)
        for k in range(1, largest + 1)
    ]


def draw_coefficients(axis, table):
    """Forest plot: posterior means with 90 % intervals."""
    table = table.drop(index="intercept")[::-1]
    rows = np.arange(len(table))
    sure = (table["5%"] > 0) | (table["95%"] < 0)
    axis.axvline(0.0, color=GREY, lw=1)
    for row, (name, line), is_sure in zip(rows, table.iterrows(), sure, strict=True):
        color = BLUE if is_sure else GREY
        axis.plot([line["5%"], line["95%"]], [row, row], color=color, lw=2.5)
        axis.plot(line["mean"], row, "o", color=color, label=name)
    axis.set_yticks(rows, table.index)
    axis.set_xlabel("change of disease progression per sd of the column")
    axis.set_title("Diabetes: coefficients, 90% intervals\n(blue: interval excludes zero)")


def draw_coverage(axis, race):
    """Dots: how often a 90 % interval holds with twenty training rows."""
    names = ["skvi", "BayesianRidge"]
    for place, (coverage, _, _) in enumerate(race.values()):
        axis.plot(place, coverage, "o", ms=16, color=[BLUE, ORANGE][place])
        axis.annotate(f"{coverage:.1%}", (place, coverage), xytext=(16, 0),
                      textcoords="offset points", va="center", fontsize=14)  # fmt: skip
    axis.axhline(COVERAGE, color="0.2", ls="--", lw=1)
    axis.text(1.65, COVERAGE + 0.002, "promised: 90%", ha="right", va="bottom")
    axis.set_xticks([0, 1], names)
    axis.set_xlim(-0.7, 1.7)
    axis.set_ylim(0.8, 0.92)
    axis.set_ylabel("held-out targets inside the interval")
    axis.set_title("Diabetes, 20 training rows (200 splits):\nhow often a 90% interval holds")


def supported(mixtures):
    """The mixtures whose bound is within a nat of the highest, the smallest first."""
    best = max(mixture.elbo_ for mixture in mixtures)
    return [mixture for mixture in mixtures if mixture.elbo_ > best - NAT]


def draw_bounds(axis, mixtures):
    """The bound over the number of components, with those that the data support marked."""
    axis.plot([m.n_components for m in mixtures], [m.elbo_ for m in mixtures], "o-", color=BLUE)
    good = supported(mixtures)
    counts, bounds = [m.n_components for m in good], [m.elbo_ for m in good]
    axis.plot(counts, bounds, "o", ms=13, mfc="none", mec=ORANGE, mew=2.5)
    axis.annotate(
        f"within a nat of the best: {' or '.join(map(str, counts))}", (counts[0], bounds[0]),
        xytext=(0, -26), textcoords="offset points", color=ORANGE,
    )  # fmt: skip
    axis.set_xlabel("number of components")
    axis.set_ylabel("ELBO (nats)")
    axis.set_title("Iris: evidence lower bound\nover the number of components")


def draw_clusters(axis, X, mixture, columns=(2, 3)):
    """Rows by component with an ellipse that holds 90 % of each."""
    size = chi2.ppf(0.9, df=2)
    labels = mixture.predict(X)
    for k, color in zip(range(mixture.n_components), [BLUE, ORANGE, "#3a8f4d", "#7b4fa3"] * 3,
                        strict=False):  # fmt: skip
        rows = labels == k
        axis.scatter(*X[rows][:, columns].T, s=14, color=color, alpha=0.7)
        covariance = mixture.covariances_[k][np.ix_(columns, columns)]
        values, vectors = np.linalg.eigh(covariance)
        width, height = 2.0 * np.sqrt(size * values)
        angle = np.degrees(np.arctan2(*vectors[::-1, 0]))
        axis.add_patch(
            Ellipse(mixture.means_[k][list(columns)], width, height, angle=angle, fill=False,
                    color=color, lw=2)
        )  # fmt: skip
    axis.set_xlabel("petal length (cm)")
    axis.set_ylabel("petal width (cm)")
    axis.set_title(f"Iris: the {mixture.n_components} components\n(ellipses hold 90% of each)")


def report_regression(search, race):
    """Print the chosen prior, its coefficients and the race."""
    print("Priors tried (5-fold held-out log predictive density, nats per row)")
    for prior, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        print(f"  {next(iter(prior.values()))!s:40} {score:9.4f}")
    model = search.best_estimator_[-1]
    print(f"\nBest: {model.prior}, log evidence {model.elbo_:.2f} nats; coefficients")
    table = model.summary()
    print(table.round(2).to_string())
    print("\n20 training rows, mean of 200 splits   coverage of 90%   width   log density")
    for name, (coverage, width, log_score) in race.items():
        print(f"  {name:36} {coverage:15.3f} {width:7.1f} {log_score:13.3f}")
    return table


def report_mixtures(mixtures, n_rows):
    """Print the bound of every number of components."""
    print("\nIris: components, ELBO, effective sizes")
    for mixture in mixtures:
        sizes = " ".join(f"{size:.0f}" for size in mixture.weights_ * n_rows)
        print(f"  {mixture.n_components}  {mixture.elbo_:9.2f}   {sizes}")
    counts = " or ".join(str(mixture.n_components) for mixture in supported(mixtures))
    print(f"Within a nat of the best: {counts} components")


def main(path="quickstart.png"):
    """Fit, print and draw."""
    diabetes = load_diabetes(as_frame=True)
    X, y = diabetes.data, diabetes.target
    search = fit_regression(X, y)
    race = small_sample_race(X.to_numpy(), y.to_numpy())
    table = report_regression(search, race)

    iris = load_iris().data
    mixtures = fit_mixtures(iris)
    report_mixtures(mixtures, len(iris))

    figure, axes = plt.subplots(2, 2, figsize=(11, 9), layout="constrained")
    draw_coefficients(axes[0, 0], table)
    draw_coverage(axes[0, 1], race)
    draw_bounds(axes[1, 0], mixtures)
    draw_clusters(axes[1, 1], iris, supported(mixtures)[0])
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    print(f"\nPicture: {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
