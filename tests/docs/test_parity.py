"""The parity page is what the marks of the tests say, and leaves nothing out."""

from tests.docs.project import ROOT
from tests.parity import complaints, find_showings, read_rows, render


def test_every_row_and_every_limit_is_shown_or_argued() -> None:
    assert complaints(read_rows(), find_showings()) == []


def test_the_page_is_made_from_the_marks_as_they_are() -> None:
    assert (ROOT / "docs" / "parity.md").read_text() == render(read_rows(), find_showings()), (
        "`make parity` writes it"
    )
