"""Write the example tables from the data that scikit-learn carries, so that a first run needs no download.

Sources, all public and described at https://scikit-learn.org/stable/datasets/toy_dataset.html:

- breast_cancer.csv: Breast Cancer Wisconsin (Diagnostic). Wolberg, Mangasarian, Street, Street (1993), UCI
  Machine Learning Repository, doi:10.24432/C5DW2B, CC BY 4.0. Target `diagnosis`.
- wine.csv: Wine. Aeberhard, Forina (1991), UCI Machine Learning Repository, doi:10.24432/C5PC7J, CC BY 4.0.
  Target `cultivar`.
- diabetes.csv: Efron, Hastie, Johnstone, Tibshirani: Least Angle Regression, Annals of Statistics 32 (2004),
  doi:10.1214/009053604000000067. Target `progression`, a year after the baseline.

Run as `python examples/make_tables.py [FOLDER]`; without a folder the tables land beside this script.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

DIABETES_NAMES = {
    "bp": "blood_pressure",
    "s1": "cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_to_hdl",
    "s5": "log_triglycerides",
    "s6": "glucose",
}


def readable(name: str) -> str:
    """Turn a column's name into one that needs no quotes on a command line."""
    return name.replace("od280/od315_of_diluted_wines", "od280_od315").replace(" ", "_")


def breast_cancer() -> pd.DataFrame:
    """Measurements of cell nuclei, 569 rows; target `diagnosis`: malignant or benign."""
    frame: pd.DataFrame = load_breast_cancer(as_frame=True).frame.rename(columns=readable)
    names = load_breast_cancer().target_names
    return frame.assign(diagnosis=[str(names[code]) for code in frame["target"]]).drop(columns="target")


def wine() -> pd.DataFrame:
    """Chemical analyses of wines, 178 rows; target `cultivar`: one of three."""
    frame: pd.DataFrame = load_wine(as_frame=True).frame.rename(columns=readable)
    return frame.assign(cultivar=[f"cultivar_{code + 1}" for code in frame["target"]]).drop(columns="target")


def diabetes() -> pd.DataFrame:
    """Patients with diabetes, 442 rows in their natural units; target `progression`, a number."""
    frame: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame
    frame = frame.rename(columns={**DIABETES_NAMES, "target": "progression"})
    return frame.astype({"age": int, "sex": int, "cholesterol": int, "glucose": int, "progression": int})


TABLES = {"breast_cancer": breast_cancer, "wine": wine, "diabetes": diabetes}


def write_tables(folder: Path) -> list[Path]:
    """Write every table as CSV, the same bytes on every platform, and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in TABLES.items():
        path = folder / f"{name}.csv"
        table().to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        paths.append(path)
    return paths


def main(arguments: Sequence[str]) -> None:
    """Write the tables into the folder given, or beside this script."""
    for path in write_tables(Path(arguments[0]) if arguments else Path(__file__).parent):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
