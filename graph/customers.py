"""Who the customers are: what the server asks a directory, and the directories that come with it.

The database knows customers by their ids alone. Their names are a directory's to tell: the application's,
over a CRM for instance, or the server's own, which knows whoever holds a subscription and names them by their
ids.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import structlog

from domain.ids import CustomerId
from domain.model.definition.texts import shown
from domain.scope import Scope
from domain.storage.customers import CustomerRepository
from domain.storage.listing.paging import InvalidPageRequest, Page, PageRequest, SortKey
from graph.errors import GraphError

logger = structlog.get_logger(__name__)


class CustomersUnavailable(GraphError):
    """The directory of customers did not answer; which of them there are cannot be told."""

    code = "CUSTOMERS_UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord:
    """A customer, as a directory tells.

    Attributes:
        id: What subscriptions call them.
        name: What people call them.
        short_name: A shorter name, for places with little room.
    """

    id: CustomerId
    name: str
    short_name: str | None = None


@runtime_checkable
class CustomerDirectory(Protocol):
    """Tells who the customers are.

    Every method may take as long as the server's settings say, and may fail in any way: lists of
    subscriptions do without names then. A directory that is an asynchronous context manager is entered when
    the server starts and left when it stops.
    """

    async def by_ids(self, ids: Collection[CustomerId], /) -> Mapping[CustomerId, CustomerRecord]:
        """Gives those of some customers that it knows: all that one operation shows, at once."""
        ...

    async def page(self, *, scope: Scope, request: PageRequest, search: str | None) -> Page[CustomerRecord]:
        """Gives a page of the customers in scope, by name, then by id; a sort key is (name, id).

        Args:
            scope: The customers that may be told of; others must not be in the page.
            request: Which page; `request.page_of` makes it of rows.
            search: Text that people look for in their names; None for all.
        """
        ...

    async def count(self, *, scope: Scope, search: str | None) -> int:
        """Gives how many customers the whole list has."""
        ...


class ListedCustomers:
    """A directory of customers that are all at hand, for small houses and for tests."""

    def __init__(self, customers: Iterable[CustomerRecord]) -> None:
        self._customers = {customer.id: customer for customer in customers}

    async def by_ids(self, ids: Collection[CustomerId], /) -> Mapping[CustomerId, CustomerRecord]:
        """Gives those of some customers that are listed."""
        return {each: self._customers[each] for each in ids if each in self._customers}

    async def page(self, *, scope: Scope, request: PageRequest, search: str | None) -> Page[CustomerRecord]:
        """Gives a page of those in scope."""
        after, before = _key_of(request.after), _key_of(request.before)
        found = [
            customer
            for customer in sorted(self._found(scope, search), key=sort_key, reverse=request.backward)
            if (after is None or sort_key(customer) > after)
            and (before is None or sort_key(customer) < before)
        ]
        return request.page_of(found[request.offset :])

    async def count(self, *, scope: Scope, search: str | None) -> int:
        """Gives how many of them are in scope."""
        return len(self._found(scope, search))

    def _found(self, scope: Scope, search: str | None) -> list[CustomerRecord]:
        wanted = (search or "").casefold()
        return [
            customer
            for customer in self._customers.values()
            if scope.allows(customer.id) and any(wanted in name.casefold() for name in _names(customer))
        ]


class SubscriptionHolders:
    """The directory of an application that brings none: whoever holds a subscription, named by their id."""

    def __init__(self, repository: CustomerRepository) -> None:
        self._repository = repository

    async def by_ids(self, ids: Collection[CustomerId], /) -> Mapping[CustomerId, CustomerRecord]:
        """Gives those of some customers who hold subscriptions."""
        holding = await self._repository.holding(Scope.all(), ids)
        return {each: nameless(each) for each in holding}

    async def page(self, *, scope: Scope, request: PageRequest, search: str | None) -> Page[CustomerRecord]:
        """Gives a page of those in scope."""
        page = await self._repository.page(scope, request=request, search=search)
        return Page(
            rows=[nameless(each) for each in page.rows],
            has_next=page.has_next,
            has_previous=page.has_previous,
        )

    async def count(self, *, scope: Scope, search: str | None) -> int:
        """Gives how many of them are in scope."""
        return await self._repository.count(scope, search=search)


class Customers:
    """Asks a directory on behalf of one viewer, who is told of customers in scope alone.

    Args:
        directory: The application's, or the server's own.
        scope: Whom the viewer may see.
        limit_s: How long the directory may take to answer.
    """

    def __init__(self, directory: CustomerDirectory, *, scope: Scope, limit_s: float) -> None:
        self._directory = directory
        self._scope = scope
        self._limit_s = limit_s

    async def by_ids(self, ids: Collection[CustomerId]) -> Mapping[CustomerId, CustomerRecord]:
        """Gives those of some customers that the directory knows; none if it fails."""
        asked = [each for each in ids if self._scope.allows(each)]
        if not asked:
            return {}
        try:
            async with self._answering():
                found = await self._directory.by_ids(asked)
                return {each: _checked(found[each], of=each) for each in asked if each in found}
        except CustomersUnavailable:
            return {}

    async def page(self, request: PageRequest, *, search: str | None) -> Page[CustomerRecord]:
        """Gives a page of the customers.

        Raises:
            CustomersUnavailable: The directory failed, or took too long.
        """
        async with self._answering(GraphError, InvalidPageRequest):
            page = await self._directory.page(scope=self._scope, request=request, search=search)
            rows = [_checked(row) for row in page.rows]
            return replace(page, rows=[row for row in rows if self._scope.allows(row.id)])

    async def count(self, *, search: str | None) -> int:
        """Gives how many customers there are.

        Raises:
            CustomersUnavailable: The directory failed, or took too long.
        """
        async with self._answering(GraphError, InvalidPageRequest):
            number = await self._directory.count(scope=self._scope, search=search)
            if not isinstance(number, int):  # pyright: ignore[reportUnnecessaryIsInstance]  # a directory may not check types
                raise TypeError(f"found {number!r}, expected a number of customers")
            return number

    @asynccontextmanager
    async def _answering(self, *told: type[Exception]) -> AsyncGenerator[None]:
        """Lets the directory answer in time and as it should, or not at all; `told` are for who asks."""
        try:
            async with asyncio.timeout(self._limit_s):
                yield
        except told:
            raise
        except Exception as error:
            # The edge to a system of the application's: what it raises is not for us to know.
            logger.warning("customers.unavailable", directory=type(self._directory).__name__, exc_info=error)
            raise CustomersUnavailable("The directory of customers does not answer.") from error


def _checked(given: object, *, of: CustomerId | None = None) -> CustomerRecord:
    """Gives back what a directory tells of a customer.

    Raises:
        TypeError: It is no record, not wholly of texts, or another customer's.
    """
    match given:
        case CustomerRecord(id=str(found), name=str(), short_name=str() | None) if of in {None, found}:
            return given
        case _:
            whose = "" if of is None else f" of {of!r}"
            raise TypeError(f"found {shown(given)}, expected a CustomerRecord{whose}, of texts")


def nameless(customer_id: CustomerId) -> CustomerRecord:
    """Gives a customer whose name nobody tells: the id stands for it."""
    return CustomerRecord(id=customer_id, name=customer_id)


def sort_key(customer: CustomerRecord) -> tuple[str, str]:
    """Gives what lists of customers are sorted by."""
    return customer.name, customer.id


def _key_of(key: SortKey | None) -> tuple[str, str] | None:
    match key:
        case None:
            return None
        case (str() as name, str() as customer_id):
            return name, customer_id
        case _:
            raise InvalidPageRequest(f"found the sort key {shown(key)}, expected a name and an id")


def _names(customer: CustomerRecord) -> tuple[str, ...]:
    """Every name it has, and its id, which people search by as well."""
    short = () if customer.short_name is None else (customer.short_name,)
    return customer.name, *short, customer.id
