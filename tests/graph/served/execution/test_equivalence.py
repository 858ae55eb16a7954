"""Every query of the whole schema has the response of graphql-core alone, errors and their places too."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.graph.execution.queries import Wanted, queries
from tests.graph.served.execution.conftest import Filled
from tests.graph.served.house import SCHEMA

EXAMPLES = int(os.environ.get("ORCHESTRION_EXECUTION_EXAMPLES", "0"))
"""How many random queries are asked; unless given, a few that are always the same."""

SETTINGS = settings(
    max_examples=EXAMPLES or 30,
    derandomize=not EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)


LITERALS = {
    "DateTime": ["2026-01-31T12:00:00.000000Z", "no time"],
    "BigInt": ["1000", 7],
    "first": [1, 2, 0, -1, 1_000],
    "argument:first": [1, 2, 0, 1_000],
    "argument:last": [1, 2],
    "argument:after": ["no cursor"],
    "argument:before": ["no cursor"],
}


# Where a field fails while others wait, graphql-core gives up coroutines that have not begun.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
# Hypothesis takes what the queue does in the background, which spreads its waits, for a strategy's doing.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@given(data=st.data())
@SETTINGS
async def test_any_query_has_the_same_response(filled: Filled, data: st.DataObject) -> None:
    wanted = Wanted(literals={**LITERALS, "ID": filled.ids}, depth=5)
    query = data.draw(queries(SCHEMA.core, wanted))

    await filled.executors.same(query)
