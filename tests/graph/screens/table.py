"""The one table of the screens: what each takes. The docs quote it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.graph.screens.sights import Sights

_OF_SIGHTS = frozenset({"id", "subscription"})
_NODE = {"product": "Core node", "customerId": "customer-001", "vendor": "ACME"}
_STALE = {"note": "Ask first", "version": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One operation on the seeded database.

    Attributes:
        operation: Its name.
        variables: An id is given by the name of a sight.
        statements: How many it takes, BEGIN and COMMIT counted.
        met: How many of them two batches of one loader save where they happen to meet: what is found at two
            depths of a screen is asked for at two moments, which are one if the machine is busy.
        refusal: What a command answers with, which does nothing.
    """

    operation: str
    statements: int
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    refusal: str | None = None
    met: int = 0

    @property
    def numbers(self) -> range:
        """The numbers of statements that are right."""
        return range(self.statements - self.met, self.statements + 1)

    def given(self, sights: Sights) -> dict[str, Any]:
        """The variables with the ids of sights."""
        return {
            name: getattr(sights, value) if name in _OF_SIGHTS else value
            for name, value in self.variables.items()
        }

    def __str__(self) -> str:
        """The operation and what is looked at."""
        return " ".join(
            [self.operation, *(str(self.variables[name]) for name in _OF_SIGHTS & {*self.variables})]
        )


QUERIES = (
    Screen(operation="ChromeQuery", statements=3),
    Screen(operation="StartQuery", statements=12, met=1),
    Screen(operation="SubscriptionsQuery", statements=4),
    Screen(operation="SubscriptionsActionsQuery", variables={"id": "vpn"}, statements=2),
    Screen(operation="SubscriptionDetailQuery", variables={"id": "node"}, statements=19, met=1),
    Screen(operation="SubscriptionDetailQuery", variables={"id": "vpn"}, statements=17, met=1),
    Screen(operation="ProcessesQuery", variables={"where": {"status": {"in": ["SUSPENDED"]}}}, statements=7),
    Screen(operation="ProcessesDeltaQuery", variables={"id": "changed"}, statements=3),
    Screen(operation="ProcessDetailQuery", variables={"id": "suspended"}, statements=8, met=1),
    Screen(operation="ProcessDetailQuery", variables={"id": "failed"}, statements=7, met=1),
    Screen(operation="ProcessDetailQuery", variables={"id": "changed"}, statements=8, met=1),
    Screen(operation="StartWizardQuery", variables={"workflow": "create_node"}, statements=1),
    Screen(
        operation="StartWizardQuery",
        variables={"workflow": "modify_node", "subscription": "node"},
        statements=2,
    ),
    Screen(operation="CustomersQuery", statements=2),
    Screen(operation="MetadataProductsQuery", statements=4),
    Screen(operation="MetadataBlocksQuery", statements=4),
    Screen(operation="MetadataWorkflowsQuery", statements=1),
    Screen(operation="SettingsQuery", statements=1),
)
"""What is shown."""

LIVE = (
    Screen(operation="ChromeSubscription", statements=1),
    Screen(operation="ProcessDetailSubscription", variables={"id": "suspended"}, statements=8),
)
"""What goes on being shown; the statements are those of the first event, beside the look for what follows."""

COMMANDS = (
    Screen(
        operation="StartWizardMutation",
        variables={"workflow": "create_node", "pages": []},
        statements=0,
        refusal="FormPage",
    ),
    Screen(
        operation="StartWizardMutation",
        variables={"workflow": "terminate_node", "subscription": "node", "pages": []},
        statements=2,
        refusal="ActionBlocked",
    ),
    Screen(
        operation="StartWizardCreateNodeMutation",
        variables={"input": {**_NODE, "site": "x"}},
        statements=0,
        refusal="InvalidInput",
    ),
    Screen(
        operation="ProcessDetailResumeMutation",
        variables={"id": "suspended", "pages": [{}]},
        statements=1,
        refusal="InvalidInput",
    ),
    Screen(
        operation="ProcessDetailRetryMutation",
        variables={"id": "changed"},
        statements=4,
        refusal="WrongStatus",
    ),
    Screen(
        operation="ProcessDetailAbortMutation",
        variables={"id": "changed"},
        statements=4,
        refusal="WrongStatus",
    ),
    Screen(
        operation="SubscriptionsNoteMutation",
        variables={"id": "node", **_STALE},
        statements=2,
        refusal="StaleVersion",
    ),
    Screen(
        operation="ProcessesNoteMutation",
        variables={"id": "changed", **_STALE},
        statements=2,
        refusal="StaleVersion",
    ),
)
"""Commands, here such as are refused: nothing is written to the seeded database."""

WRITING = frozenset(
    {
        "ProcessesRetryMutation",
        "SettingsPauseMutation",
        "SettingsUnpauseMutation",
        "SubscriptionsInSyncMutation",
        "SubscriptionsStartMutation",
    }
)
"""What is never refused as a whole, and so is tried on the sample alone, with the clients."""
