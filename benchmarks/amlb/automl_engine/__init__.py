"""The engine as the AutoML Benchmark expects a framework: `setup` installs it, `run` runs a task in its environment.

This module lives in the benchmark's process; `exec.py` beside it in the engine's own environment.
"""

from amlb.benchmark import TaskConfig
from amlb.data import Dataset
from amlb.utils import call_script_in_same_dir


def setup(*args, **kwargs):
    """Make the engine's environment. The arguments are the definition's version and its repository, if it has one."""
    call_script_in_same_dir(__file__, "setup.sh", *args, **kwargs)


def run(dataset: Dataset, config: TaskConfig):
    """Hand the engine the files of a task, and the benchmark what it answers."""
    from frameworks.shared.caller import run_in_venv

    data = {
        "train": {"path": dataset.train.data_path("parquet")},
        "test": {"path": dataset.test.data_path("parquet")},
        "target": {"name": dataset.target.name, "classes": dataset.target.values},
    }
    if config.measure_inference_time:
        data["inference_subsample_files"] = dataset.inference_subsample_files
    return run_in_venv(__file__, "exec.py", input_data=data, dataset=dataset, config=config)
