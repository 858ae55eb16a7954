"""Many things by their ids."""

import pytest

from graph.ids import IdKind
from graph.permissions import Permission
from tests.graph.served.catalog.house import CUSTOMER_1, CatalogHouse, viewer_of
from tests.parity import parity

NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
MISSING = "01h455vb4pex5vsknk084sn02q"


@parity("GQ-01")
async def test_nodes_of_every_type_come_in_the_order_of_their_ids(catalog: CatalogHouse) -> None:
    wanted = {
        "Product": catalog.ids["Circuit"],
        "ProductBlock": catalog.ids["PortBlock"],
        "Workflow": "workflow_rename_node",
        "NodeSubscription": catalog.ids["node 1"],
        "CircuitSubscription": catalog.ids["circuit"],
        "PortBlock": catalog.ids["port"],
        "Customer": "customer_customer 2",
    }

    found = await catalog.ask(NODES, ids=list(wanted.values()))

    assert found["nodes"] == [{"__typename": name, "id": text} for name, text in wanted.items()]


async def test_what_is_not_there_is_null_and_what_is_asked_for_twice_is_there_twice(
    catalog: CatalogHouse,
) -> None:
    missing = [
        f"{kind}_{MISSING}" for kind in ("product", "productblock", "subscription", "block", "process")
    ]
    own = catalog.ids["Circuit"]

    found = await catalog.ask(
        NODES, ids=[own, *missing, f"step_{MISSING}_confirm", "workflow_none", "customer_none", own]
    )

    product = {"__typename": "Product", "id": own}
    assert found["nodes"] == [product, *[None] * 8, product]


@pytest.mark.parametrize("kind", IdKind)
async def test_ids_of_every_kind_can_be_asked_for(catalog: CatalogHouse, kind: IdKind) -> None:
    text = f"{kind.value}_{MISSING}" + ("_confirm" if kind is IdKind.STEP else "")

    assert await catalog.ask(NODES, ids=[text]) == {"nodes": [None]}


async def test_what_is_out_of_scope_is_null_like_what_is_not_there(catalog: CatalogHouse) -> None:
    ids = [catalog.ids["node 3"], catalog.ids["foreign port"], "customer_customer 2", catalog.ids["node 1"]]

    found = await catalog.ask(NODES, viewer=viewer_of(scope=CUSTOMER_1), ids=ids)

    assert found["nodes"] == [None, None, None, {"__typename": "NodeSubscription", "id": ids[3]}]


@pytest.mark.parametrize(
    ("kinds", "statements"),
    [
        (("Circuit", "Node acme", "Node umbrella", "Old 1"), 1),
        (("PortBlock", "NodeBlock", "OldBlock"), 1),
        (("node 1", "node 2", "node 3", "circuit"), 1),
        (("port", "foreign port"), 2),
        (("Circuit", "Node acme", "PortBlock", "NodeBlock", "node 1", "node 2", "port", "foreign port"), 5),
    ],
)
async def test_each_kind_takes_the_same_statements_for_any_number(
    catalog: CatalogHouse, kinds: tuple[str, ...], statements: int
) -> None:
    ids = [catalog.ids[kind] for kind in kinds]

    found, taken = await catalog.counted(NODES, ids=ids + ids)

    assert [node["id"] for node in found["nodes"]] == ids + ids
    assert taken == statements


async def test_many_processes_take_one_statement_and_their_steps_one_more(catalog: CatalogHouse) -> None:
    ids = [f"process_{MISSING[:-1]}{digit}" for digit in "0123456789"]
    steps = [f"step_{each.removeprefix('process_')}_confirm" for each in ids]

    found, taken = await catalog.counted(NODES, ids=[*ids, *steps])

    assert (found["nodes"], taken) == ([None] * 20, 2)


async def test_more_ids_than_a_page_may_hold_are_refused(catalog: CatalogHouse) -> None:
    whole = await catalog.ask(NODES, ids=["workflow_rename_node"] * 200)

    assert len(whole["nodes"]) == 200
    assert await catalog.error(NODES, ids=["workflow_rename_node"] * 201) == (
        "PAGE_TOO_LARGE",
        "'ids' has 201: at most 200 are given at a time.",
    )


@pytest.mark.parametrize("bad", ["", "nothing", "process_", "product_x", "engine_1", "productblock_8zzz"])
async def test_an_id_that_is_none_refuses_all_and_reads_nothing(catalog: CatalogHouse, bad: str) -> None:
    with catalog.statements.recorded() as recorded:
        code, message = await catalog.error(NODES, ids=[catalog.ids["Circuit"], bad])

    assert (code, len(recorded)) == ("INVALID_ID", 0)
    assert message.startswith(f"'{bad}' is ")


async def test_an_id_of_what_the_viewer_may_not_read_refuses_all_and_reads_nothing(
    catalog: CatalogHouse,
) -> None:
    clerk = viewer_of(Permission.CONNECT, Permission.READ_CATALOG)

    with catalog.statements.recorded() as recorded:
        refusal = await catalog.error(
            NODES, viewer=clerk, ids=[catalog.ids["Circuit"], catalog.ids["node 1"]]
        )

    assert refusal == ("NOT_ALLOWED", "Not allowed: a subscription needs READ_SUBSCRIPTIONS.")
    assert len(recorded) == 0


async def test_no_ids_give_no_nodes(catalog: CatalogHouse) -> None:
    assert await catalog.counted(NODES, ids=[]) == ({"nodes": []}, 0)
