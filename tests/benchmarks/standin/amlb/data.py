"""A task's data: the paths of its parts, and its target."""

from dataclasses import dataclass, field


@dataclass
class Part:
    path: str

    def data_path(self, kind: str) -> str:
        assert self.path.endswith(f".{kind}")
        return self.path


@dataclass
class Target:
    name: str
    values: list[str] | None = None


@dataclass
class Dataset:
    train: Part
    test: Part
    target: Target
    inference_subsample_files: list[tuple[int, str]] = field(default_factory=list)
