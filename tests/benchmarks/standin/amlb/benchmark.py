"""A task's constraints, as `run` gets them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class TaskConfig:
    name: str
    type: str  # "classification" or "regression"
    metric: str
    output_dir: str
    output_predictions_file: str
    fold: int = 0
    max_runtime_seconds: int = 60
    cores: int = 1
    max_mem_size_mb: int = 4096
    seed: int | None = 0
    measure_inference_time: bool = False
    framework_params: dict[str, Any] = field(default_factory=dict)
    result_dir: str = ""
    result_file: str = ""
