"""What `automl fit` prints at its end, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from automl.cli.console import duration, number, out

if TYPE_CHECKING:
    from automl.options import FitResult


def print_result(result: FitResult) -> None:
    """Print scores, costs and members, where the model is, and how to predict with it."""
    name = result.metric
    test = "" if result.test_score is None else f"   test {name} [bold green]{number(result.test_score)}[/]"
    out.print()
    out.print(f"[bold]{result.task}[/], cross-validated {name} [bold]{number(result.cv_score)}[/]{test}")
    speed = "" if result.latency is None else f"; a row takes {1000 * result.latency:.3g} ms"
    size = "" if result.size is None else f"; the model has {result.size / 2**20:.2g} MiB"
    out.print(f"[dim]{result.trials} trials in {duration(result.seconds)}{speed}{size}[/]")
    out.print(_members(result))
    out.print(f"model    {result.model}", markup=False)
    out.print(f"predict  automl predict {result.run} NEW.csv -o predictions.csv", markup=False)


def _members(result: FitResult) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("weight", "family", result.metric, "parameters"):
        table.add_column(title, justify="right" if title in {"weight", result.metric} else "left")
    for member in result.members:
        params = ", ".join(f"{key}={_short(value)}" for key, value in member["params"].items())
        table.add_row(
            f"{member['weight']:.2f}",
            member["family"],
            number(member["cv_score"]),
            Text(params, style="dim", overflow="ellipsis", no_wrap=True),
        )
    return table


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
