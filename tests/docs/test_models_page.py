"""The page about models is true: its code runs, its errors are raised, its tables are those of the code."""

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import ip_address, ip_interface, ip_network
from itertools import zip_longest
from types import ModuleType
from typing import Literal, get_args
from uuid import UUID

import pytest
from pydantic import AnyUrl, BaseModel

from domain.errors import DomainError
from domain.json import encode
from domain.model.definition.definitions import DefinedModel
from domain.model.definition.scalars import SCALARS, Comparison, Scalar, find_scalar
from domain.model.definition.value_objects import read_value_object
from domain.model.lifecycle import SAFE_USER_STATUSES, SubscriptionStatus
from domain.storage.listing.values import EQUALITY_OPERATORS, ORDERED_OPERATORS, TEXT_OPERATORS, operators_of
from domain.storage.saving.outcomes import SaveRefusal
from tests.docs.project import ROOT, Block, blocks, table_column, table_rows

PAGE = ROOT / "docs" / "models.md"
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Site(Enum):
    PARIS = "PARIS"


class Speed(IntEnum):
    GBIT_10 = 10_000_000_000


class Range(BaseModel):
    first: int
    last: int | None = None


EXAMPLES: Mapping[str, object] = {
    "String": "rack 7",
    "Boolean": True,
    "BigInt": 100_000_000_000,
    "Float": 0.5,
    "Decimal": Decimal("12.50"),
    "DateTime": datetime(2026, 1, 31, 13, tzinfo=UTC),
    "Date": date(2026, 1, 31),
    "Time": time(13, 30),
    "Duration": timedelta(minutes=90),
    "UUID": UUID("0197f0a0-0000-7000-8000-000000000001"),
    "EmailAddress": "noc@example.org",
    "URL": AnyUrl("https://example.org/a"),
    "IPv4Address": ip_address("192.0.2.1"),
    "IPv6Address": ip_address("2001:db8::1"),
    "IPv4Network": ip_network("192.0.2.0/24"),
    "IPv6Network": ip_network("2001:db8::/32"),
    "IPv4Interface": ip_interface("192.0.2.1/24"),
    "IPv6Interface": ip_interface("2001:db8::1/64"),
    "IPAddress": ip_address("2001:db8::1"),
    "IPNetwork": ip_network("192.0.2.0/24"),
    "IPInterface": ip_interface("192.0.2.1/24"),
}
"""A value of each scalar, by its name in GraphQL."""

TOLD_AS: Mapping[str, str] = {
    "EmailAddress": "`EmailStr`",
    "URL": "`AnyUrl`, `HttpUrl`, ...",
    "IPAddress": "`IPvAnyAddress`, or the union of both",
    "IPNetwork": "`IPvAnyNetwork`, or the union of both",
    "IPInterface": "`IPvAnyInterface`, or the union of both",
}
"""What people write for a scalar, where the name of its class says too little."""


def test_the_code_of_the_page_runs_and_raises_the_errors_that_it_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = ModuleType("docs_models")
    monkeypatch.setitem(sys.modules, page.__name__, page)

    wrong = [(told, raised) for code, told in _pieces() if (raised := _run(page, code)) != told]

    assert wrong == []


def test_the_page_tells_how_each_type_is_stored_compared_and_shown() -> None:
    assert EXAMPLES.keys() == {scalar.graphql_name for scalar in SCALARS.values()}
    assert table_rows(PAGE, "Python") == list(_rows())


def test_the_page_tells_every_status_that_users_may_have() -> None:
    assert table_rows(PAGE, "the used one is") == [
        f"| {used} | {', '.join(user for user in SubscriptionStatus if user in users)} |"
        for used, users in SAFE_USER_STATUSES.items()
    ]


def test_the_page_tells_why_a_save_may_be_refused() -> None:
    refusals = [each.__name__ for each in get_args(SaveRefusal)]

    assert sorted(table_column(PAGE, "error")) == sorted(refusals)


def _pieces() -> Iterator[tuple[Block, str | None]]:
    """The pieces of Python, each with the error that the next block tells."""
    found = blocks(PAGE)
    for block, following in zip_longest(found, found[1:]):
        if block.language == "python":
            yield block, _told(following)


def _told(following: Block | None) -> str | None:
    if following is None or following.language != "text":
        return None
    return following.text.strip()


def _run(page: ModuleType, piece: Block) -> str | None:
    """The error that a piece of code raises; None if it raises none."""
    try:
        exec(compile(piece.text, str(PAGE), "exec"), page.__dict__)  # noqa: S102  # the page is ours
    except DomainError as error:
        return f"{type(error).__name__}: {UUID_TEXT.sub('…', str(error))}"
    return None


def _rows() -> Iterator[str]:
    for scalar in SCALARS.values():
        name = scalar.graphql_name
        yield _row(TOLD_AS.get(name, f"`{scalar.python_type.__name__}`"), EXAMPLES[name], scalar, f"`{name}`")
    yield _row("an enum of texts", Site.PARIS, _scalar(Site), "an enum")
    yield _row("an enum of integers", Speed.GBIT_10, _scalar(Speed), "an enum")
    yield _row("a literal of texts", "half", _scalar(Literal["half", "full"]), "`String`")
    yield _row("a literal of integers", 1, _scalar(Literal[1, 2]), "`BigInt`")
    value_object = read_value_object(Range, excluded=DefinedModel)
    yield _row("a value object", Range(first=1, last=9), value_object, "an object type")


def _scalar(annotation: object) -> Scalar:
    scalar = find_scalar(annotation)
    assert scalar is not None
    return scalar


def _row(name: str, example: object, scalar: Scalar, graphql: str) -> str:
    text = f"{type(example).__name__}.{example.name}" if isinstance(example, Enum) else repr(example)
    text = text.replace("datetime.", "").replace("timezone.utc", "UTC")
    stored = encode(scalar.store(example))
    return f"| {name} | `{text}` | `{stored}` | {_compared(scalar)} | {graphql} |"


def _compared(scalar: Scalar) -> str:
    offered = operators_of(scalar)
    if offered == EQUALITY_OPERATORS:
        return "equality"
    if offered == TEXT_OPERATORS:
        return "order, text"
    assert offered == ORDERED_OPERATORS
    return "order, numbers" if scalar.comparison is Comparison.NUMERIC else "order"
