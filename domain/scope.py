"""Whose data a caller may see."""

from dataclasses import dataclass

from domain.ids import CustomerId


@dataclass(frozen=True, slots=True)
class Scope:
    """The customers a caller may see; every repository read takes one. What is out of scope is not found.

    Attributes:
        customers: None means every customer.
    """

    customers: frozenset[CustomerId] | None

    @classmethod
    def all(cls) -> "Scope":
        """The scope of the engine itself: every customer."""
        return cls(customers=None)

    @classmethod
    def of(cls, *customers: CustomerId) -> "Scope":
        """Exactly these customers; without any, nothing is in scope."""
        return cls(customers=frozenset(customers))

    def allows(self, customer: CustomerId) -> bool:
        """Whether this customer's data may be seen."""
        return self.customers is None or customer in self.customers
