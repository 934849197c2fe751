from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.blocks import Block, read_blocks
from tests.docs.reader import Reader

PAGE = """# Title
```bash
echo one
```
<!-- not run: it would take a day -->
```python title="a/b.py"
x = 1

y = 2
```
  ````text
  ```
  ````
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_blocks_are_found_with_their_places_titles_and_reasons(page):
    shell, python, output = read_blocks(page)
    assert (shell.language, shell.text, shell.line) == ("bash", "echo one\n", 3)
    assert (python.title, python.text) == ("a/b.py", "x = 1\n\ny = 2\n")
    assert python.not_run == "it would take a day"
    assert output.text == "```\n"


def test_a_block_that_is_never_closed_is_an_error(page):
    page.write_text("text\n```python\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.md:2"):
        read_blocks(page)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch) -> Reader:
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path, tmp_path)


def test_python_blocks_of_a_page_share_a_session_and_bash_its_folder(reader, tmp_path):
    reader.follow(Block(Path("p.md"), 1, "python", "x = 1\n"))
    reader.follow(Block(Path("p.md"), 1, "python", "open(f'{x}.txt', 'w').close()\n"))
    reader.follow(Block(Path("p.md"), 1, "bash", "mv 1.txt 2.txt\n"))
    assert (tmp_path / "2.txt").is_file()


def test_a_search_with_a_time_limit_ends_after_a_few_trials(reader, tmp_path):
    reader.follow(Block(Path("p.md"), 1, "bash", "echo fit --time-limit 60 -o run > told\n"))
    assert (tmp_path / "told").read_text() == "fit --time-limit 60 --trials 6 -o run\n"
    reader.follow(Block(Path("p.md"), 1, "python", "assert dict(time_limit=60) == {'time_limit': 60, 'trials': 6}\n"))


@pytest.mark.parametrize(
    ("language", "text"), [("bash", "false | true\n"), ("python", "assert 0\n"), ("", "what?\n"), ("toml", "a b\n")]
)
def test_what_does_not_work_is_an_error(reader, language, text):
    with pytest.raises((AssertionError, ValueError)):
        reader.follow(Block(Path("p.md"), 1, language, text))


def test_what_is_not_run_is_left_alone(reader):
    reader.follow(Block(Path("p.md"), 1, "bash", f"kill {os.getpid()}\n", not_run="it would hurt"))
