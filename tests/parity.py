"""Marks of the tests that show what the leading system of the field has, and what of its limits is mended."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROWS_FILE = TESTS / "parity_rows.toml"


def parity(row: str, *, mends: str | None = None) -> pytest.MarkDecorator:
    """Mark a test that shows a row, or, of its limits, that the one with this id is mended."""
    return pytest.mark.parity(row, mends=mends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What the leading system cannot do.

    Attributes:
        argued: why it is so here too, or does not arise; None if tests show that it is mended.
    """

    id: str
    text: str
    argued: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Something that users of such a system expect.

    Attributes:
        here: how it is done here.
        argued: why no test shows it; None if tests do.
    """

    id: str
    title: str
    here: str
    limits: tuple[Limit, ...] = ()
    argued: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A test that shows a row."""

    row: str
    mends: str | None
    file: Path
    test: str


def read_rows(path: Path = ROWS_FILE) -> tuple[Row, ...]:
    """The rows, in the order of the page."""
    return tuple(
        Row(
            id=row["id"],
            title=row["title"],
            here=row["here"].strip(),
            argued=row.get("argued"),
            limits=tuple(Limit(**limit) for limit in row.get("limits", ())),
        )
        for row in tomllib.loads(path.read_text())["rows"]
    )


def find_showings(folder: Path = TESTS) -> tuple[Showing, ...]:
    """The marked tests, read from the source: what is shown does not depend on what can be imported."""
    return tuple(
        showing
        for file in sorted(folder.rglob("test_*.py"))
        for showing in _showings(file, ast.parse(file.read_text()))
    )


def _showings(file: Path, module: ast.Module) -> Iterator[Showing]:
    for node in ast.walk(module):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(
                    func=ast.Name(id="parity"), args=[ast.Constant(value=str(row))], keywords=keywords
                ):
                    yield Showing(row=row, mends=_mends(keywords), file=file, test=node.name)
                case _:
                    pass


def _mends(keywords: Iterable[ast.keyword]) -> str | None:
    for keyword in keywords:
        match keyword:
            case ast.keyword(arg="mends", value=ast.Constant(value=str(limit))):
                return limit
            case _:
                pass
    return None


def render(rows: Iterable[Row], showings: Iterable[Showing]) -> str:
    """The page, as Markdown."""
    shown: defaultdict[tuple[str, str | None], list[Showing]] = defaultdict(list)
    for showing in showings:
        shown[showing.row, showing.mends].append(showing)
    parts = [_HEAD]
    for row in rows:
        parts.append(f"## {row.id} {row.title}\n\n{row.here}\n")
        if row.limits:
            lines = [_limit_line(limit, shown[row.id, limit.id]) for limit in row.limits]
            parts.append("\n".join(["| limit of the leading system | here |", "|---|---|", *lines]) + "\n")
        parts.append(_shown_by(row, shown[row.id, None]))
    return "\n".join(parts)


def complaints(rows: Sequence[Row], showings: Iterable[Showing]) -> list[str]:
    """What is missing: rows and limits nobody shows or argues, and marks of what does not exist."""
    known = {(row.id, None) for row in rows} | {(row.id, limit.id) for row in rows for limit in row.limits}
    marked = {(showing.row, showing.mends) for showing in showings}
    found = [
        f"{row}{f' ({limit})' if limit else ''}: marked, expected a row and limit of the list"
        for row, limit in sorted(marked - known, key=str)
    ]
    for row in rows:
        if row.argued is None and (row.id, None) not in marked:
            found.append(f"{row.id}: found no test, expected one or an argument")
        found += [
            f"{row.id} ({limit.id}): found neither a test nor an argument, expected one of them"
            for limit in row.limits
            if limit.argued is None and (row.id, limit.id) not in marked
        ]
    return found


def _limit_line(limit: Limit, showings: Iterable[Showing]) -> str:
    answer = limit.argued if limit.argued is not None else f"Mended: {_links(showings)}"
    return f"| {limit.text} | {answer} |"


def _shown_by(row: Row, showings: Iterable[Showing]) -> str:
    if row.argued is not None:
        return f"Not tested: {row.argued}\n"
    return f"Shown by {_links(showings)}\n"


def _links(showings: Iterable[Showing]) -> str:
    by_file: defaultdict[Path, list[str]] = defaultdict(list)
    for showing in showings:
        by_file[showing.file].append(showing.test)
    return "; ".join(
        f"[{_name(file)}](../{_name(file)}): {', '.join(f'`{test}`' for test in tests)}"
        for file, tests in by_file.items()
    )


def _name(file: Path) -> str:
    return file.relative_to(TESTS.parent).as_posix()


_HEAD = """\
# Parity

What users of the leading system of this field, the WorkFlow Orchestrator, expect, row by row: how it is done
here, which tests show it, and what became of the limits that system has. Made from the marks of the tests
(`make parity`): a row without a test does not pass the suite.
"""


def main() -> None:
    """Write the page."""
    page = TESTS.parent / "docs" / "parity.md"
    page.write_text(render(read_rows(), find_showings()))


if __name__ == "__main__":
    main()
