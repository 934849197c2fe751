"""Running a framework's script."""

import subprocess
from pathlib import Path


def call_script_in_same_dir(caller: str, script: str, *arguments: str) -> None:
    subprocess.run(["bash", str(Path(caller).with_name(script)), *arguments], check=True)
