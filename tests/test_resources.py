"""How much memory and how many workers a run takes."""

from __future__ import annotations

import pytest

from automl.errors import RunError
from automl.options import FitOptions
from automl.resources import CACHE_BYTES, JOBS, WARM, WORKER_BYTES, Resources, early_imports
from automl.search.observer import Observer
from tests.search.tiny import Priced

GIB = 2**30


class Notes(Observer):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def machine(monkeypatch):
    """A machine with 8 GiB, of which this process holds one."""
    monkeypatch.setattr("automl.resources.own_bytes", lambda: GIB)
    monkeypatch.setattr("automl.resources.available_bytes", lambda: 7 * GIB)


def test_memory_is_what_was_asked_for_as_far_as_there_is_any(machine):
    notes = Notes()
    assert Resources.of(FitOptions("y"), notes).memory == int(0.8 * 8 * GIB)
    assert Resources.of(FitOptions("y", memory_limit="2GiB"), notes).memory == 2 * GIB
    assert notes.heard == []
    assert Resources.of(FitOptions("y", memory_limit="64GiB"), notes).memory == 8 * GIB
    assert notes.heard == ["The memory limit is 8.0 GiB, which is all there is: 64.0 GiB were asked."]


def test_there_are_no_more_workers_than_have_room_for_their_libraries(machine):
    def workers(**options: object) -> int:
        return Resources.of(FitOptions("y", **options), Observer()).workers

    assert workers(jobs=3) == 3
    assert workers(jobs=100) == (int(0.8 * 8 * GIB) - GIB) // WORKER_BYTES
    assert workers(jobs=4, memory_limit="1GiB") == 1
    assert workers(jobs=4, backend="inline") == 1


def test_workers_share_a_quarter_of_the_memory_as_their_caches():
    assert Resources(memory=8 * GIB, workers=4).cache_bytes == GIB // 2
    assert Resources(memory=64 * GIB, workers=2).cache_bytes == CACHE_BYTES


def test_where_this_process_leaves_no_room_the_remedy_is_named(machine):
    Resources(memory=2 * GIB, workers=1).check_room()
    with pytest.raises(RunError, match="raise --memory-limit, or give fewer rows"):
        Resources(memory=GIB, workers=1).check_room()


class Importing(Priced):
    def __init__(self, *modules: str) -> None:
        super().__init__("importing", 1.0)
        self.imports = modules  # type: ignore[misc]


def test_workers_load_early_what_no_family_of_the_run_can_do_without():
    heavy, lighter, light = Importing("heavy", "heavy.optimisers"), Importing("heavy.optimisers"), Importing()
    assert early_imports([heavy]) == (JOBS, "heavy", "heavy.optimisers")
    assert early_imports([heavy, lighter]) == (JOBS, "heavy.optimisers")
    assert early_imports([heavy, light]) == early_imports([]) == WARM
