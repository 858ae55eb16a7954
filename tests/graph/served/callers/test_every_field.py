"""Every field, mutation and event takes the permissions that the printed schema says."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import pytest

from domain.ids import CustomerId
from domain.scope import Scope
from graph.authentication.settings import OPERATOR, READER
from graph.execution.documents import RequestRefused
from graph.execution.fast.executor import PlannedExecutor
from graph.execution.operations import Operations
from graph.execution.request import GraphQLRequest
from graph.permissions import Permission, Viewer
from graph.schema import print_schema
from tests.graph.application import CATALOG, REGISTRY
from tests.graph.served.asking import Asking
from tests.graph.served.callers.house import ClosedHouse, Target, operation_of, targets, types_with_fields
from tests.graph.served.callers.printed import PrintedSchema
from tests.graph.served.house import SCHEMA
from tests.parity import parity

EVERYTHING = frozenset(Permission)
VIEWERS = {
    "gardener": frozenset[Permission](),
    "reader": READER,
    "operator": OPERATOR,
    "admin": EVERYTHING,
}
IDS = {
    "process": "process_01h455vb4pex5vsknk084sn02q",
    "subscription": "subscription_01h455vb4pex5vsknk084sn02q",
}


@dataclass(frozen=True)
class Table:
    """The operations of all fields, and those for whom a context was made, which is when they may run."""

    admitted: list[Viewer]

    @cached_property
    def operations(self) -> Operations:
        return Operations(SCHEMA.core, executor_class=PlannedExecutor, new_context=self.admitted.append)

    def refusal(self, target: Target, permissions: frozenset[Permission]) -> list[Any] | None:
        """The errors with which a viewer of these permissions is refused; None if it is not."""
        document, variables = target.operation(IDS)
        viewer = Viewer(name="somebody", permissions=permissions, scope=Scope.all())
        try:
            self.operations.prepare(GraphQLRequest(query=document, variables=variables), viewer)
        except RequestRefused as refused:
            return refused.errors
        return None


@pytest.fixture(scope="module")
def printed() -> PrintedSchema:
    return PrintedSchema(print_schema(CATALOG, REGISTRY))


@pytest.fixture(scope="module")
def table() -> Table:
    return Table(admitted=[])


TARGETS = list(targets())


def test_every_field_of_every_type_is_in_the_table() -> None:
    assert {target.holder for target in TARGETS} == types_with_fields()
    assert len({target.coordinate for target in TARGETS}) == len(TARGETS) > 500


@parity("GQ-10")
@pytest.mark.parametrize("role", VIEWERS)
def test_a_viewer_selects_what_the_printed_schema_allows(
    printed: PrintedSchema, table: Table, role: str
) -> None:
    table.admitted.clear()
    held = {permission.name for permission in VIEWERS[role]}
    missing = {target.coordinate: missing_of(printed.needs(target), held) for target in TARGETS}

    refused = {target.coordinate: table.refusal(target, VIEWERS[role]) for target in TARGETS}

    assert {coordinate: told(errors) for coordinate, errors in refused.items()} == missing
    assert len(table.admitted) == sum(not lacking for lacking in missing.values())


def test_every_permission_of_a_field_is_asked_for_by_itself(printed: PrintedSchema, table: Table) -> None:
    table.admitted.clear()
    for target in TARGETS:
        own = [
            permission for coordinate, permission in printed.needs(target) if coordinate == target.coordinate
        ]
        for lacking in own:
            errors = table.refusal(target, EVERYTHING - {Permission[lacking]})

            assert {
                "message": f"Not allowed: '{target.coordinate}' needs {lacking}.",
                "extensions": {"code": "NOT_ALLOWED", "field": target.coordinate, "permission": lacking},
                "locations": [{"line": target.line, "column": 1}],
            } in (errors or []), target.coordinate
    assert table.admitted == []


def missing_of(needs: Mapping[tuple[str, str], None], held: set[str]) -> list[tuple[str, str]]:
    return [(coordinate, permission) for coordinate, permission in needs if permission not in held]


def told(errors: list[Any] | None) -> list[tuple[str, str]]:
    return [(error["extensions"]["field"], error["extensions"]["permission"]) for error in errors or ()]


@parity("AU-02")
@parity("AU-02", mends="no-tenancy")
async def test_who_serves_other_customers_sees_nothing_in_any_field(closed: ClosedHouse) -> None:
    everybody = Asking(closed.house, *Permission, scope=Scope.all())
    stranger = Asking(closed.house, *Permission, scope=Scope.of(CustomerId("customer 2")))
    own = {closed.ids[kind] for kind in ("process", "subscription", "step", "block", "customer")}
    revealing: set[str] = set()
    before = await closed.stored()

    for holder, siblings in groupby(TARGETS, key=lambda target: target.holder):
        reads = [target for target in siblings if target.kind == "query"]
        # Each root field by itself: what one is asked must not be told by another.
        for together in [[target] for target in reads] if holder == "Query" else [reads] * bool(reads):
            document, variables = operation_of(together, closed.ids)
            secrets = [each for each in (*own, "lab-1", "customer 1") if each not in str(variables)]
            seen = str(await everybody(document, **variables))
            hidden = str(await stranger(document, **variables))
            revealing |= {holder} if any(each in seen for each in secrets) else set()
            assert [each for each in secrets if each in hidden] == [], document

    assert await closed.stored() == before
    assert {"AnyBlock", "Process", "ProductSubscription", "NodeSubscription"} <= revealing


@parity("AU-02", mends="no-tenancy")
async def test_who_serves_other_customers_changes_nothing_whatever_their_permissions(
    closed: ClosedHouse,
) -> None:
    # The engine is everybody's: who may pause it is a matter of that permission alone.
    permissions = EVERYTHING - {Permission.PAUSE_ENGINE}
    stranger = Asking(closed.house, *permissions, scope=Scope.of(CustomerId("customer 2")))
    mutations = [target for target in TARGETS if target.holder == "Mutation"]
    before = await closed.stored()
    asked = 0

    for target in mutations:
        document, variables = target.operation(closed.ids)
        try:
            answer = str(await stranger(document, **variables))
        except RequestRefused as refused:
            answer = str(refused.errors)
            assert "PAUSE_ENGINE" in answer, document  # one kind of mutation is refused
        asked += 1
        assert "lab-1" not in answer, document

    assert asked == len(mutations) > 20
    assert await closed.stored() == before


@pytest.mark.parametrize(
    "kind", ["process", "subscription", "step", "block", "customer", "product", "workflow"]
)
async def test_an_id_tells_nobody_whether_there_is_something(closed: ClosedHouse, kind: str) -> None:
    """By id alone, the permission depends on what the id stands for."""
    query = "query ($id: ID!) { node(id: $id) { __typename } nodes(ids: [$id]) { __typename id } }"
    there = closed.ids[kind]
    prefix, _, text = there.partition("_")
    absent = f"{prefix}_{'01h455vb4pex5vsknk084sn02q' + text[26:]}"
    ask = Asking(closed.house, Permission.CONNECT, scope=Scope.all())

    with closed.log.recorded() as statements:
        answers = [await ask(query, id=identifier) for identifier in (there, absent)]

    assert answers[0] == answers[1]
    assert answers[0]["data"] is None or not any(answers[0]["data"].values())
    assert {error["extensions"]["code"] for error in answers[0]["errors"]} == {"NOT_ALLOWED"}
    assert list(statements) == []


@pytest.mark.parametrize(
    ("query", "lacking"),
    [
        (
            '{ processes(where: {subscriptions: {some: {note: {startsWith: "a"}}}}) { totalCount } }',
            Permission.READ_SUBSCRIPTIONS,
        ),
        (
            '{ subscriptions(where: {not: {product: {name: {startsWith: "a"}}}}) { totalCount } }',
            Permission.READ_CATALOG,
        ),
        (
            "{ subscriptions(where: {heldBy: {isNull: false}}) { totalCount } }",
            Permission.READ_PROCESSES,
        ),
    ],
)
async def test_no_condition_tells_what_its_field_would_not(
    closed: ClosedHouse, query: str, lacking: Permission
) -> None:
    without = Asking(closed.house, *(EVERYTHING - {lacking}), scope=Scope.all())

    seen = await Asking(closed.house, scope=Scope.all())(query)
    with pytest.raises(RequestRefused) as refused:
        await without(query)

    assert "errors" not in seen
    told = str(refused.value.errors)
    assert (f"needs {lacking.name}." in told, told.count("needs")) == (True, 1)
