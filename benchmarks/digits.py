"""Write scikit-learn's digits as pictures, with a suite of their own to run systems on.

python -m benchmarks.digits FOLDER
python -m benchmarks run --suite FOLDER/suite.json --modality image --systems automl --out digits.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

_LEVELS = 16  # load_digits counts the dark pixels of 4 × 4 blocks: 0 to 16


def write_digits(folder: Path) -> Path:
    """Write 1,797 pictures of 8 × 8 gray pixels, a table of their paths and labels, and its suite; return the suite."""
    pictures = folder / "digits"
    pictures.mkdir(parents=True, exist_ok=True)
    data = load_digits()
    gray = (data.images * (255 / _LEVELS)).astype(np.uint8)
    paths = [f"digits/{i:04d}.png" for i in range(len(gray))]
    for path, pixels in zip(paths, gray, strict=True):
        Image.fromarray(pixels).save(folder / path)
    split = np.full(len(gray), "train", dtype=object)
    split[train_test_split(np.arange(len(gray)), test_size=0.2, random_state=0, stratify=data.target)[1]] = "test"
    pd.DataFrame({"image": paths, "label": data.target, "split": split}).to_csv(folder / "digits.csv", index=False)
    entry = {"name": "digits", "path": "digits.csv", "target": "label", "task": "multiclass", "metric": "log_loss"}
    suite = folder / "suite.json"
    suite.write_text(json.dumps([entry | {"modality": "image", "rows": len(gray)}], indent=1) + "\n", encoding="utf-8")
    return suite


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write the pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digits", description="scikit-learn's digits, as files.")
    parser.add_argument("folder", type=Path)
    print(write_digits(parser.parse_args(arguments).folder))


if __name__ == "__main__":
    main()
