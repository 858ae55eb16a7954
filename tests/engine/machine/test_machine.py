"""Whatever is done to processes, by whomever and at once: they end as a simple model says they do."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.engine.machine.loops import in_background
from tests.engine.machine.machine import EngineMachine
from tests.engine.machine.plant import opened_plant
from tests.parity import parity

EXAMPLES = int(os.environ.get("ORCHESTRION_MACHINE_EXAMPLES", "0"))
"""How many random stories are played; unless given, a few that are always the same."""

SETTINGS = settings(
    max_examples=EXAMPLES or 20,
    stateful_step_count=30 if EXAMPLES else 15,
    derandomize=not EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
    deadline=None,
    # One database serves all examples: each makes processes of its own.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


# Hypothesis takes what the queue does in the background, which spreads its waits, for a strategy's doing.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@parity("WE-14")
@parity("WE-15")
@parity("WE-16")
@parity("WE-40")
@parity("WE-40", mends="double-run")
@parity("WE-42")
@parity("WE-42", mends="running")
@parity("WE-44")
@parity("WE-44", mends="double-run")
@parity("WE-44", mends="paused-while-running")
def test_processes_end_as_the_model_says(database_dsn: str) -> None:
    with in_background(opened_plant(database_dsn)) as (plant, loop):

        class Story(EngineMachine):
            def __init__(self) -> None:
                super().__init__(plant, loop)

        run_state_machine_as_test(Story, settings=SETTINGS)
