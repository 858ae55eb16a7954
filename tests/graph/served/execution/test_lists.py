"""The lists take the fast path: graphql-core executes the field that reads a page, plans read the page."""

import json

from graph.execution.fast.handover import Tally
from tests.graph.served.execution.conftest import Filled

TEN = "id customerId status description inSync version note noteVersion startAt modifiedAt"

# With the fields of the page and of each entry, beside ten for each object.
PROCESS = "id workflowName target isTask status version createdBy startedAt endedAt note"
LISTS = [
    (f"{{ subscriptions {{ nodes {{ {TEN} }} }} }}", 5, 1),
    (
        f"{{ subscriptions {{ pageInfo {{ endCursor }} edges {{ cursor node {{ __typename {TEN} }} }} }} }}",
        *(5, 3 + 5 * 3),
    ),
    (f"{{ nodeSubscriptions {{ nodes {{ {TEN} }} }} }}", 3, 1),
    (f"{{ processes {{ nodes {{ {PROCESS} }} }} }}", 3, 1),
]


async def test_lists_are_read_by_plans(filled: Filled) -> None:
    for query, length, beside in LISTS:
        compared = await filled.executors.same(query)

        [page] = json.loads(compared.plain.data).values()
        assert len(page.get("nodes") or page["edges"]) == length
        assert compared.tally == Tally(planned=10 * length + beside, handed=1)
