"""Filters that are refused: never are rows given that were not asked for."""

from typing import Any

import pytest

from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.listing.filters import MAX_CONDITIONS, MAX_DEPTH, MAX_IN_VALUES
from graph.settings import GraphSettings
from tests.graph.served.asking import Asking
from tests.graph.served.house import House
from tests.graph.served.lists.filtering import NAMES, names, refusal
from tests.parity import parity


@pytest.mark.parametrize(
    ("where", "path", "problem"),
    [
        (
            {"status": None},
            "status",
            "found null, expected a value, or no such field: a null is no condition.",
        ),
        ({"status": {"eq": None}}, "status eq", "found null, expected a value, or no such field"),
        ({"and": None}, "and", "found null, expected a value, or no such field"),
        ({"circuit": {"carrier": None}}, "circuit carrier", "found null, expected a value"),
        ({"status": {}}, "status", "found no operator, expected at least one of eq, in, isNull."),
        (
            {"product": {}},
            "product",
            "found nothing, expected at least one of id, name, tag, productType, status.",
        ),
        (
            {"circuit": {"carrier": {}}},
            "circuit carrier",
            "found nothing, expected at least one of radioBlock,",
        ),
        ({"circuit": {"ends": {"portBlock": {}}}}, "circuit ends portBlock", "found nothing, expected at le"),
        (
            {"circuit": {"weights": {}}},
            "circuit weights",
            "found nothing, expected at least one of some, eve",
        ),
        (
            {"circuit": {"weights": {"some": {}}}},
            "circuit weights some",
            "found no operator, expected at least one of eq, in, lt, lte, gt, gte, isNull.",
        ),
        (
            {"circuit": {"site": {}}},
            "circuit site",
            "found nothing, expected at least one of name, frameSize, isNull.",
        ),
        (
            {"circuit": {"site": {"name": {}}}},
            "circuit site name",
            "found no operator, expected at least one",
        ),
        ({"metadata": {}}, "metadata", "found nothing, expected at least one of contains, isNull."),
        (
            {"metadata": {"contains": "x"}},
            "metadata contains",
            "found the text 'x', expected a JSON object.",
        ),
        ({"ownsBlock": {}}, "ownsBlock", "found nothing, expected at least one of "),
        (
            {"ownsBlock": {"portBlock": {"name": {}}}},
            "ownsBlock portBlock name",
            "found no operator, expected at least one of ",
        ),
        ({"frameSize": {}}, "frameSize", "found no operator, expected at least one of eq, in, isNull."),
        (
            {"or": [{}, {"circuit": {"name": {"in": ["x"] * (MAX_IN_VALUES + 1)}}}]},
            "or 1 circuit name in",
            f"found in with {MAX_IN_VALUES + 1} values, expected at most {MAX_IN_VALUES}.",
        ),
        (
            {"startAt": {"gte": "2026-01-01T00:00:00"}},
            "startAt gte",
            "found the time 2026-01-01T00:00:00, expected a time with its zone (Z, or +01:00), which UTC can",
        ),
        (
            {"id": {"in": ["process_01h455vb4pex5vsknk084sn02q"]}},
            "id in",
            "'process_01h455vb4pex5vsknk084sn02q' is not the id of a subscription: expected subscription_…",
        ),
        (
            {"circuit": {"carrier": {"radioBlock": {"power": {"in": ["1", "1E99999"]}}}}},
            "circuit carrier radioBlock power in",
            "found the number 1E+99999, expected a number with less than 4500 digits.",
        ),
    ],
)
async def test_a_filter_that_says_nothing_or_cannot_be_is_refused_with_its_path(
    circuits: House, where: Any, path: str, problem: str
) -> None:
    code, found_path, message = await refusal(circuits, where)

    expected = ["where", *path.split()]
    assert (code, found_path) == ("INVALID_FILTER", expected)
    assert message.startswith(f"'{'.'.join(expected)}': {problem}")


@parity("QL-01", mends="unknown-fields")
@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"statuss": {"eq": "ACTIVE"}}, "'CircuitSubscriptionWhere' not to include unknown field 'statuss'"),
        ({"vendor": {"eq": "acme"}}, "'CircuitSubscriptionWhere' not to include unknown field 'vendor'"),
        ({"circuit": {"speed": {"eq": 1}}}, "'CircuitBlockWhere' not to include unknown field 'speed'"),
        ({"circuit": {"total": {"eq": 1}}}, "'CircuitBlockWhere' not to include unknown field 'total'"),
        ({"status": {"gt": "ACTIVE"}}, "'SubscriptionStatusFilter' not to include unknown field 'gt'"),
        ({"status": {"eq": "active"}}, "Value 'active' does not exist in 'SubscriptionStatus' enum"),
        ({"status": {"in": [None]}}, "Expected value of non-null type 'SubscriptionStatus!' not to be None"),
        ({"status": "ACTIVE"}, "Expected value of type 'SubscriptionStatusFilter' to be an object"),
        (
            {"circuit": {"frameSize": {"eq": 9000}}},
            "Enum 'FrameSize' cannot represent non-string value: 9000",
        ),
        ({"circuit": {"counter": {"eq": "1.5"}}}, "BigInt must be an integer or a string of its digits"),
        ({"circuit": {"opensAt": {"eq": "noon"}}}, "'noon' is not a Time"),
        ({"circuit": {"gateway": {"eq": "10.0.0.0/8"}}}, "'10.0.0.0/8' is not a IPAddress"),
        ({"version": {"eq": 2**31}}, "Int cannot represent non 32-bit signed integer value"),
        (
            {"circuit": {"ends": {"some": {}}}},
            "'CircuitBlockEndsListWhere' not to include unknown field 'some'",
        ),
        ({"circuit": {"name": {"eq": "\x00"}}}, "U+0000 is not taken"),
    ],
)
async def test_what_the_schema_does_not_offer_is_refused_before_anything_is_read(
    house: House, where: Any, message: str
) -> None:
    response = await house.client.post("/graphql", json={"query": NAMES, "variables": {"where": where}})

    assert response.status_code == 400
    assert "data" not in response.json()
    assert message in response.json()["errors"][0]["message"]


async def test_a_filter_may_be_so_deep_and_so_long_and_no_more(house: House) -> None:
    def nested(levels: int) -> object:
        where: object = {"inSync": {"eq": True}}
        for _ in range(levels - 1):
            where = {"not": where}
        return where

    def listed(conditions: int) -> object:
        return {"or": [{"inSync": {"eq": True}}] * (conditions - 1)}

    too_deep, too_long = (
        await refusal(house, nested(MAX_DEPTH + 1)),
        await refusal(house, listed(MAX_CONDITIONS + 1)),
    )

    assert await names(house, nested(MAX_DEPTH)) == await names(house, listed(MAX_CONDITIONS)) == ""
    assert too_deep[:2] == ("INVALID_FILTER", ["where", *["not"] * MAX_DEPTH])
    assert too_deep[2].endswith(f": found more than {MAX_DEPTH} levels, expected fewer.")
    assert too_long == (
        "INVALID_FILTER",
        ["where"],
        f"'where': found more than {MAX_CONDITIONS} conditions, expected fewer.",
    )


async def test_a_filter_that_takes_too_long_is_a_typed_error(house: House, database: Database) -> None:
    ask = Asking(house, scope=Scope.all(), settings=GraphSettings(filter_limit_s=0.2))
    async with database.writer() as connection, connection.transaction():
        await connection.execute("LOCK TABLE block_relation IN ACCESS EXCLUSIVE MODE")

        response = await ask(NAMES, where={"circuit": {"counter": {"eq": 1}}})

    [error] = response["errors"]
    assert response["data"] is None
    assert error["extensions"] == {"code": "FILTER_TOO_SLOW", "argumentPath": ["where"]}
    assert error["message"].startswith(
        "'where' took longer than 0.2 seconds: expected a filter that holds of"
    )
