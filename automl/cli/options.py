"""The options of commands, in the order and by the panels that `--help` shows them in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automl.parts import PARTS

_TASK, _LIMITS, _COLUMNS, _FILES = "Task", "Limits", "Columns", "Files"
_SEARCH, _MODEL, _RUN, _OUTPUT = "Search", "Model", "Run", "Output"

RunFolder = Annotated[Path, typer.Argument(help="A run folder.")]
ModelFolder = Annotated[Path, typer.Argument(help="A model folder or a run folder.")]

Target = Annotated[str | None, typer.Option("--target", "-t", help="The column to predict.", rich_help_panel=_TASK)]
Task = Annotated[
    str | None,
    typer.Option(help="binary, multiclass or regression; inferred by default.", rich_help_panel=_TASK),
]
Metric = Annotated[
    str | None,
    typer.Option(help="What to optimise; roc_auc, log_loss or rmse by default.", rich_help_panel=_TASK),
]
Test = Annotated[
    Path | None, typer.Option(help="A table to test on, instead of a part of DATA.", rich_help_panel=_TASK)
]
TestSize = Annotated[
    float,
    typer.Option(help="Share of the rows kept aside for the final test; 0 for none.", rich_help_panel=_TASK),
]
Folds = Annotated[
    int | None, typer.Option(help="Number of folds, 1 for a holdout; chosen by size by default.", rich_help_panel=_TASK)
]

TimeLimit = Annotated[
    str | None,
    typer.Option(
        help="Seconds of wall clock from start to saved model; default 300, none with --trials.",
        rich_help_panel=_LIMITS,
    ),
]
Trials = Annotated[
    int | None,
    typer.Option(help="Try exactly this many configurations; reproducible bit for bit.", rich_help_panel=_LIMITS),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", help="Worker processes; default: cores.", rich_help_panel=_LIMITS)
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(
        help="What the run may hold: 8GiB, or 50% of what is available; default 80%.", rich_help_panel=_LIMITS
    ),
]

Role = Annotated[
    list[str] | None,
    typer.Option(help="COLUMN=ROLE overrides an inferred role; may be repeated.", rich_help_panel=_COLUMNS),
]
Drop = Annotated[list[str] | None, typer.Option(help="A column to ignore; may be repeated.", rich_help_panel=_COLUMNS)]
Keep = Annotated[
    list[str] | None,
    typer.Option(help="A column to keep that would be dropped; may be repeated.", rich_help_panel=_COLUMNS),
]
Repair = Annotated[
    list[str] | None,
    typer.Option(
        help="Repairs to make, comma-separated or repeated: hidden, numbers, spellings, typos, units, dates, "
        "outliers, duplicates, correlated, leaks. `automl check` says which would do something.",
        rich_help_panel=_COLUMNS,
    ),
]
Weight = Annotated[str | None, typer.Option(help="Column of sample weights.", rich_help_panel=_COLUMNS)]
Group = Annotated[str | None, typer.Option(help="Column whose groups no fold may split.", rich_help_panel=_COLUMNS)]
Time = Annotated[
    str | None,
    typer.Option(help="Column that orders rows in time; folds then look forward only.", rich_help_panel=_COLUMNS),
]

Images = Annotated[
    Path | None,
    typer.Option(help="Folder that image paths start from; default: the table's.", rich_help_panel=_FILES),
]
Backbone = Annotated[
    list[Path] | None,
    typer.Option(
        help="Folder of pretrained weights to start from: a transformers checkpoint for texts, a timm one for images; "
        "may be repeated.",
        rich_help_panel=_FILES,
    ),
]
InputLimit = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME=SIZE raises a limit of the input: bytes, expansion, columns or cell; may be repeated.",
        rich_help_panel=_FILES,
    ),
]

Families = Annotated[
    list[str] | None,
    typer.Option(help="Model families to try, comma-separated or repeated.", rich_help_panel=_SEARCH),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(help="Model families to leave out, comma-separated or repeated.", rich_help_panel=_SEARCH),
]
DisablePlugin = Annotated[
    list[str] | None,
    typer.Option(help="A plugin to leave out; may be repeated. `automl plugins` lists them.", rich_help_panel=_SEARCH),
]
FeatureSelection = Annotated[
    str,
    typer.Option(
        help="How features are selected: auto, off, gain, information or backward, or a plugin's.",
        rich_help_panel=_SEARCH,
    ),
]
Sampler = Annotated[str, typer.Option(help="tpe, random, grid or gp.", rich_help_panel=_SEARCH)]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", rich_help_panel=_SEARCH)]
Without = Annotated[
    list[str] | None,
    typer.Option(
        help="A part of the engine to do without, to measure what it earns; comma-separated or repeated: "
        f"{', '.join(PARTS)}.",
        rich_help_panel=_SEARCH,
    ),
]

Fast = Annotated[
    bool,
    typer.Option(
        "--fast",
        help="Save one model, or as few as give up at most 1% of the ensemble's score.",
        rich_help_panel=_MODEL,
    ),
]
LatencyLimit = Annotated[
    float | None,
    typer.Option(
        help="Milliseconds that a single row may take to predict, warm, as measured on the saved model.",
        rich_help_panel=_MODEL,
    ),
]

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Run folder; default automl_runs/<table>-<time>.", rich_help_panel=_RUN),
]
Resume = Annotated[
    Path | None,
    typer.Option(help="Go on with the run in this folder; --time-limit +600 adds time.", rich_help_panel=_RUN),
]

RowLimit = Annotated[int, typer.Option("--limit", help="Rows to show; 0 for all.", min=0, rich_help_panel=_OUTPUT)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the result.", rich_help_panel=_OUTPUT)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=_OUTPUT)]
JsonList = Annotated[bool, typer.Option("--json", help="Print a JSON list.", rich_help_panel=_OUTPUT)]
