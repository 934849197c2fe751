"""The view of a run: a live panel in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from automl.cli.console import duration, number
from automl.cli.plain import plain
from automl.metrics import Metric
from automl.search.observer import Observer
from automl.search.records import TrialRecord

_SHOWN = 8  # families in the live table
_PLAIN_EVERY = 10.0  # seconds between plain lines that tell no news


class View(Observer):
    """Collects what happens, and is a context while it does.

    `score` turns errors back into the metric's unit once the metric is known.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started = time.monotonic()
        self.deadline: float | None = None
        self.trials: int | None = None
        self.phase_name = "starting"
        self.detail = ""
        self.metric: Metric | None = None
        self.best: float | None = None
        self.last: dict[str, TrialRecord] = {}
        self.best_of: dict[str, float] = {}
        self.counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def judged_by(self, metric: Metric) -> None:
        """Take the metric that judges the run."""
        self.metric = metric

    def limits(self, deadline: float | None, trials: int | None) -> None:
        """Take the end of the run."""
        self.deadline, self.trials = deadline, trials

    def phase(self, name: str, detail: str = "") -> None:
        """Take a new phase."""
        self.phase_name, self.detail = name, detail

    def trial(self, record: TrialRecord, best: float | None) -> None:
        """Take a finished trial."""
        self.best = best
        self.last[record.family] = record
        self.counts[record.family] += 1
        self.counts["total"] += 1
        if record.error is not None:
            self.best_of[record.family] = min(record.error, self.best_of.get(record.family, record.error))

    def score(self, error: float | None) -> str:
        """Write an error in the metric's own unit."""
        if error is None or self.metric is None:
            return "–"
        return number(self.metric.score_of(error))


class LiveView(View):
    """Redraws a panel: phase, time left, best score, and the families with their last trials."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._live = Live(console=console, refresh_per_second=4, transient=True, get_renderable=self._draw)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def note(self, text: str) -> None:
        """Print a note above the panel."""
        self.console.print(Text(f"  {plain(text)}", style="dim"))

    def _draw(self) -> RenderableType:
        elapsed = time.monotonic() - self.started
        head = Text.assemble((f"{self.phase_name} ", "bold cyan"), (self.detail, "dim"))
        parts: list[RenderableType] = [head]
        if self.deadline is not None:
            total = self.deadline - self.started
            left = max(0.0, self.deadline - time.monotonic())
            bar = Table.grid(padding=(0, 2))
            bar.add_row(ProgressBar(total=total, completed=min(elapsed, total), width=40), f"{duration(left)} left")
            parts.append(bar)
        if self.counts["total"]:
            name = self.metric.name if self.metric else "score"
            of = f" of {self.trials}" if self.trials else ""
            parts.append(Text(f"{self.counts['total']}{of} trials, best {name} {self.score(self.best)}"))
            parts.append(self._families())
        return Group(*parts)

    def _families(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for title in ("family", "trials", "best", "last", "seconds", ""):
            table.add_column(title, justify="left" if title in {"family", ""} else "right")
        ranked = sorted(self.last, key=lambda name: self.best_of.get(name, float("inf")))
        for name in ranked[:_SHOWN]:
            record = self.last[name]
            remark = record.reason if record.state != "complete" else ""
            table.add_row(
                name,
                str(self.counts[name]),
                self.score(self.best_of.get(name)),
                self.score(record.error),
                f"{record.seconds:.1f}",
                Text(remark[:50], style="dim"),
            )
        return table


class PlainView(View):
    """Prints a line for a phase, a note, an improvement, and now and then a sign of life."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._told = time.monotonic()

    def phase(self, name: str, detail: str = "") -> None:
        """Print the phase."""
        super().phase(name, detail)
        self._line(f"{name} {detail}".rstrip())

    def note(self, text: str) -> None:
        """Print the note."""
        self._line(f"  {plain(text)}")

    def trial(self, record: TrialRecord, best: float | None) -> None:
        """Print improvements, and progress where nothing was printed for a while."""
        improved = best is not None and (self.best is None or best < self.best)
        super().trial(record, best)
        if improved or time.monotonic() - self._told > _PLAIN_EVERY:
            name = self.metric.name if self.metric else "score"
            self._line(f"  trial {record.number} {record.family}: best {name} {self.score(best)}")

    def _line(self, text: str) -> None:
        self._told = time.monotonic()
        self.console.print(Text.assemble((f"{duration(self._told - self.started):>6} ", "dim"), text))


class QuietView(View):
    """Prints nothing."""
