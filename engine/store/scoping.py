"""Which processes a caller may see: those that have customers, all of them in the caller's scope."""

from collections.abc import Sequence

from domain.ids import CustomerId
from domain.scope import Scope


def visible(parameter: str) -> str:
    """The SQL condition on process `p`; the parameter is `customers_of(scope)`."""
    return f"({parameter}::varchar[] IS NULL OR (p.customers && {parameter} AND p.customers <@ {parameter}))"


def customers_of(scope: Scope) -> Sequence[CustomerId] | None:
    """The scope as the parameter of `visible`."""
    return None if scope.customers is None else sorted(scope.customers)
