"""The pages point to what exists, and have the form that readers rely on."""

import re
from pathlib import Path

import pytest

from tests.docs.project import DECISIONS, PAGES, ROOT, name_of, prose

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MENTIONED_PATH = re.compile(
    r"`((?:\.ci|bench|docs|domain|engine|examples|graph|orchestrion|requirements|tests)/[\w./-]*)`"
)
# A decision tells what was so when it was taken, and is not edited.
PAGES_OF_TODAY = [page for page in PAGES if page not in DECISIONS]
GLOSSARY_ENTRY = re.compile(r"^- \*\*(.+?)\*\*: ", re.MULTILINE)
DECISION_SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Enforcement"]
LONGEST_DECISION_LINES = 80


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(prose(page)) if "://" not in target]

    dead = [target for target in targets if not _exists(page, target)]

    assert dead == []


@pytest.mark.parametrize("page", PAGES_OF_TODAY, ids=name_of)
def test_every_file_or_folder_that_a_page_mentions_is_there(page: Path) -> None:
    mentioned = [path for path in MENTIONED_PATH.findall(prose(page)) if "NNNN" not in path]

    missing = [path for path in mentioned if not (ROOT / path).exists()]

    assert missing == []


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_a_decision_has_its_sections_in_order(decision: Path) -> None:
    text = decision.read_text()

    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert sections == DECISION_SECTIONS
    assert re.search(r"^\*\*Status\*\* (Proposed|Accepted|Superseded by \d{4})", text, re.MULTILINE)
    assert len(text.splitlines()) <= LONGEST_DECISION_LINES


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_a_decision_can_be_quoted_in_one_line(decision: Path) -> None:
    quotes = re.findall(r"^> .+$", decision.read_text(), re.MULTILINE)

    assert len(quotes) == 1


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(decision.name[:4]) for decision in DECISIONS]
    titles = [decision.read_text().splitlines()[0] for decision in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert [int(title.removeprefix("# ")[:4]) for title in titles] == numbers


def test_the_glossary_is_alphabetical_with_one_entry_per_word() -> None:
    words = GLOSSARY_ENTRY.findall((ROOT / "docs" / "glossary.md").read_text())

    assert words == sorted(set(words), key=str.casefold)
    assert words != []


def _exists(page: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    if not file.exists() or not file.is_relative_to(ROOT):
        return False
    return not anchor or anchor in {_anchor(heading) for heading in HEADING.findall(file.read_text())}


def _anchor(heading: str) -> str:
    """The anchor that code hosts give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
