"""The framework's process: the task comes in on standard input, arrays and a JSON file go out."""

import json
import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from frameworks.shared.utils import Timer

ARRAYS = ("predictions", "truth", "probabilities")
KNOWN = {
    *ARRAYS, "output_file", "probabilities_labels", "target_is_encoded", "models_count", "training_duration",
    "predict_duration", "error_message",
}  # fmt: skip


def result(**fields: Any) -> dict[str, Any]:
    others = {name: fields.pop(name) for name in sorted(set(fields) - KNOWN)}
    return {**dict.fromkeys(sorted(KNOWN)), **fields, "others": others}


def call_run(run: Any) -> None:
    task = json.load(sys.stdin, object_hook=lambda fields: SimpleNamespace(**fields))
    config = task.config
    config.framework_params = vars(config.framework_params)
    try:
        answer = run(task.dataset, config)
        for name in ARRAYS:
            answer[name] = _kept(answer[name], Path(config.result_dir) / name)
    except Exception as error:
        answer = {"error_message": str(error)}
    Path(config.result_file).write_text(json.dumps(answer))


def _kept(array: Any, path: Path) -> str | None:
    """No pickle: an array of objects becomes a list."""
    if array is None:
        return None
    if np.asarray(array).dtype == object:
        path = path.with_suffix(".json")
        path.write_text(json.dumps(np.asarray(array).tolist()))
    else:
        path = path.with_suffix(".npy")
        np.save(path, array, allow_pickle=False)
    return str(path)


def output_subdir(name: str, config: Any) -> str:
    folder = Path(config.output_dir) / name / config.name / str(config.fold)
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def measure_inference_times(predict: Any, batches: Any) -> dict[int, list[float]]:
    times = defaultdict(list)
    for rows, data in batches:
        with Timer() as timer:
            predict(data)
        times[rows].append(timer.duration)
    return times
