import pytest

from domain.storage.database import Database
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of

PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  processes(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def page(house: House, **arguments: object) -> tuple[list[str], list[str], bool, bool]:
    """Ids, cursors, and whether there is more after and before."""
    found = (await house.ask(PAGE, **arguments))["processes"]
    cursors = [edge["cursor"] for edge in found["edges"]]
    info = found["pageInfo"]
    assert (info["startCursor"], info["endCursor"]) == ((cursors or [None])[0], (cursors or [None])[-1])
    return (
        [edge["node"]["id"] for edge in found["edges"]],
        cursors,
        info["hasNextPage"],
        info["hasPreviousPage"],
    )


async def test_a_list_is_walked_forwards_and_backwards(house: House) -> None:
    newest_first = [await house.start_node() for _ in range(5)][::-1]

    first, cursors, more, before = await page(house, first=2)
    second, _, more_again, _ = await page(house, first=2, after=cursors[-1])
    last, last_cursors, after_last, before_last = await page(house, last=2)
    earlier, *_ = await page(house, last=2, before=last_cursors[0])

    assert (first, more, before) == (newest_first[:2], True, False)
    assert (second, more_again) == (newest_first[2:4], True)
    assert (last, after_last, before_last) == (newest_first[3:], False, True)
    assert earlier == newest_first[1:3]


async def test_workflows_are_walked_by_name_in_both_directions(house: House) -> None:
    query = """
      query ($first: Int, $after: String, $last: Int, $before: String) {
        workflows(first: $first, after: $after, last: $last, before: $before) {
          totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
      }
    """
    whole = (await house.ask(query, first=100))["workflows"]
    names = [node["name"] for node in whole["nodes"]]

    walked: list[str] = []
    cursor = None
    while len(walked) < len(names):
        part = (await house.ask(query, first=2, after=cursor))["workflows"]
        walked += [node["name"] for node in part["nodes"]]
        cursor = part["pageInfo"]["endCursor"]
        assert part["pageInfo"]["hasNextPage"] == (len(walked) < len(names))
    last = (await house.ask(query, last=2))["workflows"]
    before_last = (await house.ask(query, last=2, before=last["pageInfo"]["startCursor"]))["workflows"]

    assert names == sorted(names)
    assert whole["totalCount"] == len(names) > 4
    assert walked == names
    assert [node["name"] for node in last["nodes"]] == names[-2:]
    assert [node["name"] for node in before_last["nodes"]] == names[-4:-2]


async def test_an_empty_page_has_no_cursors(house: House) -> None:
    assert await page(house, first=10) == ([], [], False, False)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("first: 201", "PAGE_TOO_LARGE", "'first' is 201: at most 200 are given at a time."),
        ("last: 201", "PAGE_TOO_LARGE", "'last' is 201: at most 200 are given at a time."),
        (
            "first: 1, last: 1",
            "INVALID_PAGE",
            "These paging arguments do not fit together: found 'first' and 'last', expected 'first', ",
        ),
        ("first: -1", "INVALID_PAGE", "'first' is -1: expected at least 0."),
        ('last: 1, after: "x"', "INVALID_PAGE", "'x' is no cursor of this list."),
        ('after: "WyJhIGIiXQ"', "INVALID_PAGE", "'WyJhIGIiXQ' is no cursor of this list."),
        ('after: "WzFd"', "INVALID_PAGE", "'WzFd' is no cursor of this list."),
        ('after: "ä"', "INVALID_PAGE", "'ä' is no cursor of this list."),
    ],
)
async def test_a_page_that_makes_no_sense_is_refused(
    house: House, arguments: str, code: str, message: str
) -> None:
    for field in ("processes", "subscriptions", "products", "workflows"):
        found_code, found_message = await house.error(f"{{ {field}({arguments}) {{ nodes {{ id }} }} }}")

        assert found_code == code
        assert found_message.startswith(message)


async def test_a_cursor_serves_its_own_list_alone_inside_of_things_too(
    house: House, database: Database
) -> None:
    stored = Stored(database)
    node = await stored.node()
    circuit = subscription_of(await stored.circuit(node.node.ports[0]))
    inside = """query ($id: ID!, $after: String) { subscription(id: $id) {
                  %s(after: $after) { edges { cursor } } } }"""
    lists = ("dependsOn", "inUseBy", "processes", "versions")

    async def cursors(field: str, subscription: str) -> list[str]:
        found = (await house.ask(inside % field, id=subscription))["subscription"][field]
        return [edge["cursor"] for edge in found["edges"]]

    [used] = await cursors("dependsOn", circuit)
    [user] = await cursors("inUseBy", subscription_of(node))
    [version] = await cursors("versions", circuit)
    own = {used: "dependsOn", user: "inUseBy", version: "versions"}
    for cursor, mine in own.items():
        for field in lists:
            response = await house.post(inside % field, id=circuit, after=cursor)
            codes = [error["extensions"]["code"] for error in response.get("errors", ())]
            assert codes == ([] if field == mine else ["INVALID_PAGE"]), (field, mine)


async def test_a_page_has_a_default_length(house: House, database: Database) -> None:
    async with database.writer() as connection:
        await connection.execute(
            "INSERT INTO product (id, name, tag, product_type, description, status, model)"
            " SELECT gen_random_uuid(), 'Old ' || n, 'OLD', 'Old', '', 'END_OF_LIFE', 'Old'"
            " FROM generate_series(1, 30) AS n"
        )

    found = (await house.ask("{ products { totalCount nodes { id } pageInfo { hasNextPage } } }"))["products"]

    assert (len(found["nodes"]), found["totalCount"]) == (25, 33)
    assert found["pageInfo"] == {"hasNextPage": True}
