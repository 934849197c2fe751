"""`automl leaderboard`: the trials of a run, best first."""

from __future__ import annotations

from automl.cli import options


def leaderboard(
    run: options.RunFolder,
    limit: options.RowLimit = 30,
    as_json: options.JsonList = False,
) -> None:
    """List the trials of a run by score, with what each cost."""
    from rich.table import Table
    from rich.text import Text

    from automl.cli.console import number, out, print_json
    from automl.leaderboard import read_leaderboard

    board = read_leaderboard(run)
    rows = board[:limit] if limit else board
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    columns = ("rank", "trial", "family", "score", "test", "weight", "fit s", "predict ms/row", "")
    for title in columns:
        table.add_column(title, justify="left" if title in {"family", ""} else "right")
    for rank, row in enumerate(rows, start=1):
        table.add_row(
            str(rank),
            str(row["trial"]),
            row["family"],
            number(row["score"]),
            number(row["test_score"]),
            "" if row["weight"] is None else f"{row['weight']:.2f}",
            f"{row['fit_seconds']:.2f}",
            f"{row['predict_seconds'] * 1000:.3f}",
            Text(row["reason"], style="dim"),
        )
    out.print(table)
    if len(board) > len(rows):
        out.print(f"[dim]{len(board) - len(rows)} more: --limit 0 shows all[/]")
