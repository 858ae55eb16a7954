"""Customers of a directory that does not answer as it should."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.ids import CustomerId
from domain.scope import Scope
from domain.storage.listing.paging import Page, PageRequest
from graph.customers import CustomerRecord, Customers, CustomersUnavailable
from graph.errors import GraphError

ACME = CustomerId("acme")
HOSPITAL = CustomerRecord(id=CustomerId("hospital"), name="Lakeside Hospital")


class TooShort(GraphError):
    """A search that the application refuses."""

    code = "TOO_SHORT"


class OddDirectory:
    """Answers whatever it is told to, of any type, or raises it."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    async def by_ids(self, *_: object) -> Any:
        """The answer."""
        return self._told()

    async def page(self, **_: object) -> Any:
        """The answer."""
        return self._told()

    async def count(self, **_: object) -> Any:
        """The answer."""
        return self._told()

    def _told(self) -> object:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def customers(answer: object) -> Customers:
    """The customers of a directory that answers so."""
    return Customers(OddDirectory(answer), scope=Scope.all(), limit_s=1)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        7,
        {ACME: None},
        {ACME: "Acme"},
        {ACME: HOSPITAL},
        {ACME: CustomerRecord(id=ACME, name=None)},  # pyright: ignore[reportArgumentType]  # a CRM may have none
        TooShort("Found an id of two characters."),
    ],
)
async def test_whoever_is_told_of_wrongly_has_no_name(answer: object) -> None:
    with capture_logs() as logs:
        assert await customers(answer).by_ids([ACME]) == {}

    assert [log["event"] for log in logs] == ["customers.unavailable"]


@pytest.mark.parametrize(
    "answer", [None, [HOSPITAL], Page(rows=["Acme"], has_next=False, has_previous=False), "7"]
)
async def test_a_list_of_anything_but_customers_is_unavailable(answer: object) -> None:
    with pytest.raises(CustomersUnavailable):
        await customers(answer).page(PageRequest(first=10), search=None)
    with pytest.raises(CustomersUnavailable):
        await customers(answer).count(search=None)


async def test_what_a_directory_refuses_is_told_to_who_asks_for_the_list() -> None:
    with pytest.raises(TooShort):
        await customers(TooShort("Found two letters.")).page(PageRequest(first=10), search="ab")
