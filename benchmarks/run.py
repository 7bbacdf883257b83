"""Everything that ``make bench`` measures: ratios in one interleaved run, written to ``results/``.

    python -m benchmarks.run [--quick]

The peers run with warm memory (malloc told to keep what it has) and one thread unless said.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
_START, _STOP = "<!-- speed-table -->", "<!-- end of speed-table -->"
_KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
    "OPENBLAS_NUM_THREADS": "2",
}


def machine():
    """One line about where the figures come from."""
    names = {"numpy", "scipy", "scikit-learn", "numba"}
    versions = ", ".join(f"{name} {version(name)}" for name in sorted(names))
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else ():
        if line.startswith("model name"):
            cpu = line.split(":")[1].strip()
            break
    python = platform.python_version()
    return f"{date.today()}, {cpu}, {os.cpu_count()} cores, Python {python}, {versions}"


def speed_table(rows):
    """Markdown table of the comparisons."""
    lines = [
        "| workload | ours (s) | peer (s) | ratio | range | at least | aim | share of ceiling | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        spread = "" if row["range"] is None else "{:.1f} - {:.1f}".format(*row["range"])
        share = "" if row["ceiling_share"] is None else f"{row['ceiling_share']:.0%}"
        mark = " (below)" if row["ratio"] < row["floor"] else ""
        digits = 1 if row["ratio"] >= 1.0 else 2
        peer, ratio = f"{row['peer_s']:.4g}", f"**{row['ratio']:.{digits}f}x**{mark}"
        if math.isnan(row["ratio"]):
            peer = ratio = "not run"
        lines.append(
            f"| {row['workload']} | {row['ours_s']:.4g} | {peer} | "
            f"{ratio} | {spread} | {row['floor']}x | {row['aim']}x | "
            f"{share} | {row['note']} |"
        )
    return "\n".join(lines)


def plain_table(rows, unit):
    """Markdown table of single figures beside their promise."""
    lines = [f"| what | {unit} | at most |", "|---|---|---|"]
    lines += [f"| {row['what']} | {row[unit]:.3g} | {row['promise']} |" for row in rows]
    return "\n".join(lines)


def update_readme(text):
    """Put the tables between the marks in the README."""
    path = RESULTS.parents[1] / "README.md"
    before, rest = path.read_text().split(_START)
    _, after = rest.split(_STOP)
    where, tables = text.split("\n\n", 1)
    path.write_text(f"{before}{_START}\n\n{where}.\n\n{tables}\n\n{_STOP}{after}")


def measure(scale):
    """All sections, in order of importance."""
    from benchmarks import linear_predictor, memory, mixture, regression, sparse, startup

    speed = regression.run(scale) + sparse.run(scale)
    speed += linear_predictor.run(scale) + mixture.run(scale)
    speed.append(mixture.time_to_bound(int(100_000 * scale)))
    return {"speed": speed, "startup": startup.run(), "memory": memory.run()}


def main():
    """Measure in a process that keeps its memory, and write Markdown and JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        command = [sys.executable, "-m", "benchmarks.run", "--inside"]
        command += ["--quick"] * arguments.quick
        raise SystemExit(subprocess.call(command, env={**os.environ, **_KEEP_MEMORY}))
    results = measure(0.1 if arguments.quick else 1.0)
    text = "\n\n".join(
        [
            machine(),
            speed_table(results["speed"]),
            plain_table(results["startup"], "seconds"),
            plain_table(results["memory"], "megabytes"),
        ]
    )
    print(text)
    name = "quick" if arguments.quick else "full"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text + "\n")
    if name == "full":
        update_readme(text)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main()
