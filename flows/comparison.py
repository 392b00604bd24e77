"""Published runs side by side as a manager reads them: return on investment first, then gains, cost, settings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows import difference
from flows.promotion import Gain
from flows.results import readable

if TYPE_CHECKING:
    from components.published import PublishedRun

NOTHING = "–"
SETTING_CHARACTERS = 120
JAPANESE = {
    "net_benefit_usd_per_year": "年間の正味効果（ドル）",
    "net_benefit_usd_per_year_low": "同、95％信頼区間の下限",
    "net_benefit_usd_per_year_high": "同、95％信頼区間の上限",
    "return_on_investment_percent": "投資利益率（％）",
    "payback_months": "回収期間（か月）",
    "accuracy_gain_points": "正解率の向上（ポイント）",
    "break_even_gain_points": "採算が合う向上幅（ポイント）",
    "errors_avoided_per_year": "年間に減る誤り（件）",
    "net_present_value_usd": "正味現在価値（ドル）",
    "project_cost_usd": "初期費用（ドル）",
    "labelling_cost_avoided_usd": "省けたラベル付け費用（ドル）",
}
"""The report's figures in Japanese; a figure not listed keeps its English words."""


@dataclass(frozen=True)
class Column:
    """One run."""

    title: str
    """`champion`, `challenger`, or the beginning of the run's id."""
    run_id: str
    note: str
    day: str


@dataclass(frozen=True)
class Row:
    """One figure or setting of every run."""

    english: str
    japanese: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Rows under one heading."""

    english: str
    japanese: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Comparison:
    """What the page and the terminal show."""

    columns: tuple[Column, ...]
    parts: tuple[Part, ...]


def compare(runs: Sequence["PublishedRun"], titles: Mapping[str, str], over_first: Sequence[Gain | None]) -> Comparison:
    """Lay runs side by side.

    Args:
        runs: the runs, the one that the others are held against first.
        titles: what a run is called, by MLflow's id; others go by the beginning of their own.
        over_first: each run's gain over the first one on the very same images; None where that is not known.
    """
    parts = [
        Part("Return on investment", "投資対効果", tuple(_roi(runs))),
        Part(
            "Gain on unseen domains, points",
            "未知ドメインでの正解率の向上（ポイント）",
            tuple(_gains(runs, over_first)),
        ),
        Part("Cost of the run", "実行にかかった費用", tuple(_costs(runs))),
        Part("Settings that differ", "異なる設定", tuple(_settings(runs))),
    ]
    return Comparison(tuple(_column(run, titles) for run in runs), tuple(part for part in parts if part.rows))


def _column(run: "PublishedRun", titles: Mapping[str, str]) -> Column:
    title = titles.get(run.run_id, run.flow_run_id[:8] or run.run_id[:8])
    day = datetime.fromtimestamp(run.started_unix_seconds, UTC).strftime("%Y-%m-%d %H:%M")
    return Column(title, run.flow_run_id or run.run_id, "" if run.name == "pipeline" else run.name, day)


def _roi(runs: Sequence["PublishedRun"]) -> Iterator[Row]:
    keys = sorted({name for run in runs for name in run.figures if name.startswith("roi/")})
    for key in keys:
        name = re.sub(r"^roi/\d+_", "", key)
        english = name.replace("_", " ")
        yield Row(english, JAPANESE.get(name, english), tuple(_figure(run, key) for run in runs))


def _gains(runs: Sequence["PublishedRun"], over_first: Sequence[Gain | None]) -> Iterator[Row]:
    yield _gain_row("mean over the domains", "ドメインの平均", [difference.gain_of(run) for run in runs])
    by_domain = [difference.domain_gains(run) for run in runs]
    for domain in dict.fromkeys(name for gains in by_domain for name in gains):
        yield _gain_row(domain, domain, [gains.get(domain) for gains in by_domain])
    if any(over_first):
        yield _gain_row("student against the first run's", "先頭の実行との差", over_first)


def _gain_row(english: str, japanese: str, gains: Sequence[Gain | None]) -> Row:
    return Row(english, japanese, tuple(NOTHING if gain is None else str(gain) for gain in gains))


def _costs(runs: Sequence["PublishedRun"]) -> Iterator[Row]:
    yield Row("computing time, s", "計算時間（秒）", tuple(_figure(run, "wall_seconds") for run in runs))
    yield Row("peak memory, MB", "最大メモリ（MB）", tuple(_figure(run, "peak_rss_mb") for run in runs))


def _settings(runs: Sequence["PublishedRun"]) -> Iterator[Row]:
    names = dict.fromkeys(name for run in runs for name in run.settings)
    for name in names:
        values = [run.settings.get(name, NOTHING) for run in runs]
        if len(set(values)) > 1:
            yield Row(name, name, tuple(_short(value) for value in values))


def _figure(run: "PublishedRun", name: str) -> str:
    return readable(run.figures[name]) if name in run.figures else NOTHING


def _short(text: str) -> str:
    return text if len(text) <= SETTING_CHARACTERS else f"{text[: SETTING_CHARACTERS - 1]}…"
