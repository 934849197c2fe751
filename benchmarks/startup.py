"""How long first contact takes: `import automl` and `automl --help`, the median of several fresh processes.

python -m benchmarks.startup
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

TIMES = 9
LIMITS = {"import automl": 0.3, "automl --help": 0.4}
COMMANDS = {
    "import automl": [sys.executable, "-c", "import automl"],
    "automl --help": [sys.executable, "-c", "from automl.cli import main; main(['--help'])"],
}


def seconds(command: list[str]) -> float:
    """Return the seconds a process takes from start to end."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    for name, command in COMMANDS.items():
        seconds(command)  # the first run fills the disk cache
        median = statistics.median(seconds(command) for _ in range(TIMES))
        print(f"{name:15} {median:.3f} s (limit {LIMITS[name]} s)")


if __name__ == "__main__":
    main()
