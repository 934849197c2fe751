"""The benchmark's side of that process: what goes in, and the file of predictions that comes of it."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[2]


class NoResultError(Exception):
    """The framework said why there is none."""


def run_in_venv(caller: str, script: str, *, input_data: Any, dataset: Any, config: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        config = replace(config, result_dir=folder, result_file=str(Path(folder) / "result.json"))
        subprocess.run(
            [sys.executable, str(Path(caller).with_name(script))],
            input=json.dumps({"dataset": input_data, "config": asdict(config)}),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            text=True,
            check=True,
        )
        answer = json.loads(Path(config.result_file).read_text())
        if answer.get("error_message"):
            raise NoResultError(answer["error_message"])
        predictions, truth, probabilities = (_read(answer[name]) for name in ("predictions", "truth", "probabilities"))
    table = pd.DataFrame(probabilities, columns=answer["probabilities_labels"], index=range(len(predictions)))
    table.assign(predictions=predictions, truth=truth).to_csv(answer["output_file"], index=False)
    told = {name: answer[name] for name in ("models_count", "training_duration", "predict_duration")}
    return {**told, **answer["others"]}


def _read(path: str | None) -> Any:
    if path is None:
        return None
    return json.loads(Path(path).read_text()) if path.endswith(".json") else np.load(path, allow_pickle=False)
