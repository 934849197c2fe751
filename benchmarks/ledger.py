"""What a run folder was once seen to hold, and what of it is still there; nothing of the engine is asked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass
class Ledger:
    """Every whole journal line ever seen in a run folder, with the digest of the predictions it speaks of."""

    folder: Path
    lines: dict[bytes, str] = field(default_factory=dict)

    def look(self) -> list[bytes]:
        """Take note of the whole lines there are now, and return them."""
        path = self.folder / "journal.jsonl"
        content = path.read_bytes() if path.exists() else b""
        lines = content[: content.rfind(b"\n") + 1].splitlines()
        for line in lines:
            if line not in self.lines:
                self.lines[line] = _digest(self._predictions(line))
        return lines

    def lost(self) -> int:
        """Count lines that are gone, and complete trials whose predictions are gone, changed or not to be read."""
        now = set(self.look())
        return sum(line not in now or not self._whole(line, digest) for line, digest in self.lines.items())

    def repeated(self) -> int:
        """Count lines beyond the first for a trial's number or for a family's configuration."""
        trials = [json.loads(line) for line in self.look()]
        numbers = {trial["number"] for trial in trials}
        configurations = {(trial["family"], json.dumps(trial["params"], sort_keys=True)) for trial in trials}
        return 2 * len(trials) - len(numbers) - len(configurations)

    def _predictions(self, line: bytes) -> Path:
        return self.folder / "trials" / f"{json.loads(line)['number']:05d}" / "predictions.npy"

    def _whole(self, line: bytes, digest: str) -> bool:
        if json.loads(line)["state"] != "complete":
            return True
        path = self._predictions(line)
        if not digest or _digest(path) != digest:
            return False
        try:
            np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return False
        return True


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
