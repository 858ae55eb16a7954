from domain.ids import CustomerId
from domain.scope import Scope

ONE, OTHER = CustomerId("one"), CustomerId("other")


def test_the_scope_of_all_allows_everyone() -> None:
    assert Scope.all().allows(ONE)


def test_a_scope_allows_its_customers_alone() -> None:
    assert Scope.of(ONE).allows(ONE)
    assert not Scope.of(ONE).allows(OTHER)
    assert not Scope.of().allows(ONE)
