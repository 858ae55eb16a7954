"""The project's files as these tests read them."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of code on a page."""

    language: str
    text: str


def name_of(path: Path) -> str:
    """The path as a person writes it; the name of a parametrized case."""
    return path.relative_to(ROOT).as_posix()


def committed_files() -> list[Path]:
    """Every file that is in the repository or would be with the next commit."""
    git = shutil.which("git")
    assert git is not None, "found no git, expected it on the PATH"
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return _FENCED.sub("", page.read_text())


def blocks(page: Path) -> list[Block]:
    """The page's blocks of code, in order."""
    return [Block(language=language, text=text) for language, text in _BLOCK.findall(page.read_text())]


def table_rows(page: Path, heading: str) -> list[str]:
    """The rows of the table whose first heading is this one, without its head."""
    lines = page.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    return list(takewhile(lambda line: line.startswith("|"), lines[start + 2 :]))


def table_column(page: Path, heading: str) -> list[str]:
    """The first cells of the table whose first heading is this one, without their code marks."""
    return [line.split("|")[1].strip().strip("`") for line in table_rows(page, heading)]
