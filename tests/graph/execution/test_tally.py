"""Which fields are read by plans, in exact numbers."""

import pytest

from graph.execution.fast.handover import Tally
from tests.graph.execution.comparison import Executors
from tests.graph.execution.test_traps import CORE
from tests.graph.execution.things import Root

PLANNED = [
    ("{ numbered(number: 4) { textOrNone flagOrNone } }", Tally(planned=2, handed=1)),
    ("{ numbered(number: 4) { __typename again: __typename key } }", Tally(planned=3, handed=1)),
    # Below objects that attributes hold, and below their lists.
    ("{ numbered(number: 4) { leafOrNone { text optional } } }", Tally(planned=3, handed=1)),
    ("{ numbered(number: 4) { leaves { text } } }", Tally(planned=3, handed=1)),
    ("{ numbered(number: 4) { namedOrNone { name } nested { name } } }", Tally(planned=4, handed=1)),
    # An application's own way to tell types is asked of each object; what it has is read by plans.
    ("{ numbered(number: 4) { judged { name } } }", Tally(planned=1, handed=2)),
    # Below what resolvers give.
    ("{ numbered(number: 4) { things { key } } }", Tally(planned=2, handed=2)),
    ("{ all { key later { key } } }", Tally(planned=6, handed=4)),
    # Not what has an extension, a permission class or a resolver.
    ("{ numbered(number: 4) { doubled forbidden resolved } }", Tally(planned=0, handed=4)),
    # Nor what is left out; what is asked for twice is read once.
    ("{ numbered(number: 4) { key @skip(if: true) key textOrNone textOrNone } }", Tally(planned=2, handed=1)),
    ("{ __schema { queryType { name } } }", Tally(planned=0, handed=3)),
]


@pytest.mark.parametrize(("query", "expected"), PLANNED)
async def test_plain_attributes_are_read_by_plans(query: str, expected: Tally) -> None:
    compared = await Executors(CORE, new_root=lambda: Root(tame=True)).same(query)

    assert compared.tally == expected
