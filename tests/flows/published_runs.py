"""Published runs for tests, without MLflow."""

from components.published import PublishedRun


def published_run(
    name: str,
    *,
    gain: tuple[float, float, float] | None = None,
    domains: dict[str, float] | None = None,
    roi: dict[str, float] | None = None,
    **settings: str,
) -> PublishedRun:
    """A run with these figures; its ids are its name."""
    figures = {f"roi/{place:02d}_{key}": value for place, (key, value) in enumerate((roi or {}).items(), start=1)}
    if gain is not None:
        ends = ("", "_low", "_high")
        figures |= {f"gain/accuracy_points{end}": value for end, value in zip(ends, gain, strict=True)}
    figures |= {f"domains/{domain}/gain_points": points for domain, points in (domains or {}).items()}
    return PublishedRun(
        run_id=f"m-{name}", flow_run_id=name, experiment_id="1", name="pipeline", started_unix_seconds=0.0,
        settings=settings, figures={**figures, "wall_seconds": 60.0, "peak_rss_mb": 1500.0}, tags={},
    )  # fmt: skip
