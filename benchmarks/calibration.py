"""Calibration of the shipped model on agencies it was not trained on: a table, and docs/images/calibration.svg."""

import tempfile
from pathlib import Path

import pyarrow.parquet as pq
from jinja2 import Template

from cmfc.matching.calibration import Bin, calibrate
from cmfc.matching.model import load_model
from cmfc_demo.linkage_truth import AS_OF
from cmfc_demo.synthetic.strays import draw_strays

PLOT = Path(__file__).parents[1] / "docs" / "images" / "calibration.svg"
SEEDS = range(40, 60)
CHART = Template(
    """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 420" role="img" font-family="sans-serif" font-size="12"
 aria-label="Predicted probability against the share of pairs that are right; points on the diagonal are calibrated.">
<rect width="420" height="420" fill="#fff"/><path d="M50 370V20M50 370H400" stroke="#333" fill="none"/>
<path d="M50 370L400 20" stroke="#767676" stroke-dasharray="4 4"/>
{% for n in range(0, 11, 2) %}<text x="{{ 50 + 35 * n }}" y="388" text-anchor="middle">{{ n / 10 }}</text>
<text x="44" y="{{ 374 - 35 * n }}" text-anchor="end">{{ n / 10 }}</text>{% endfor %}
{% for b in bins %}<circle cx="{{ 50 + 350 * b.predicted }}" cy="{{ 370 - 350 * b.share_right }}" r="5" fill="#1b6ca8"/>
<text x="{{ 50 + 350 * b.predicted + (8 if b.predicted < 0.9 else -8) }}" y="{{ 374 - 350 * b.share_right }}"
 text-anchor="{{ 'start' if b.predicted < 0.9 else 'end' }}">{{ "{:,}".format(b.pairs) if b.predicted < 0.99 }}</text>
{% endfor %}<text x="225" y="410" text-anchor="middle">predicted probability</text>
<text x="14" y="195" text-anchor="middle" transform="rotate(-90 14 195)">share that is right</text></svg>
"""
)


def main() -> None:
    counted: dict[tuple[float, float], list[float]] = {}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(prefix="cmfc-calibration-") as folder:
            for name, table in draw_strays(10_000, seed, AS_OF, "typical", keep_ids=1.0).feeds.items():
                pq.write_table(table, Path(folder, f"{name}.parquet"))
            for bin_ in calibrate(Path(folder), AS_OF, load_model("default")):
                sums = counted.setdefault((bin_.low, bin_.high), [0, 0.0, 0.0])
                for place, value in enumerate((1, bin_.predicted, bin_.share_right)):
                    sums[place] += bin_.pairs * value
    bins = [Bin(low, high, int(n), p / n, r / n) for (low, high), (n, p, r) in sorted(counted.items())]
    print("| predicted | pairs | mean predicted | share right |\n|---|---|---|---|")
    for bin_ in bins:
        print(f"| {bin_.low} to {bin_.high} | {bin_.pairs:,} | {bin_.predicted:.4f} | {bin_.share_right:.4f} |")
    PLOT.write_text(CHART.render(bins=bins), encoding="utf-8")


if __name__ == "__main__":
    main()
