"""What the claims of a token allow, in whatever shape a provider writes them."""

import pytest

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.scope import Scope
from graph.authentication.authenticator import NotAuthenticated
from graph.authentication.claims import find_claim, viewer_of
from graph.authentication.settings import READER, OidcSettings
from graph.permissions import Permission
from tests.graph.authentication.provider import AUDIENCE

NOTHING = frozenset[Permission]()
ACME = Scope.of(CustomerId("acme"))


def settings(**changed: object) -> OidcSettings:
    return OidcSettings(**{"issuer": "https://provider.example.org", "audience": AUDIENCE, **changed})  # pyright: ignore[reportArgumentType]  # each test changes another one


@pytest.mark.parametrize(
    ("claims", "permissions", "scope"),
    [
        ({}, NOTHING, Scope.of()),
        ({"roles": ["gardener"], "customers": ["acme"]}, NOTHING, ACME),
        ({"roles": "reader gardener", "customers": "acme"}, READER, ACME),
        ({"roles": ["reader gardener", "READER", " reader"]}, NOTHING, Scope.of()),
        ({"roles": ["admin"]}, frozenset(Permission), Scope.all()),
        ({"roles": ["admin"], "customers": []}, frozenset(Permission), Scope.all()),
        ({"roles": {"admin": True}, "customers": ["acme"]}, NOTHING, ACME),
        (
            {"roles": [1, None, ["admin"], {"name": "admin"}], "customers": {"acme": True}},
            NOTHING,
            Scope.of(),
        ),
        ({"roles": True, "customers": True}, NOTHING, Scope.of()),
    ],
)
def test_what_no_claim_allows_is_not_allowed(
    claims: dict[str, JsonValue], permissions: frozenset[Permission], scope: Scope
) -> None:
    viewer = viewer_of({"sub": "ada", **claims}, settings())

    assert (viewer.permissions, viewer.scope) == (permissions, scope)


@pytest.mark.parametrize(
    ("claim", "customers"),
    [
        (["acme", "globex"], ["acme", "globex"]),
        ("customer 1", ["customer 1"]),
        (["customer 1"], ["customer 1"]),
        ("*", ["*"]),
        (["*"], ["*"]),
        (7, []),
        ([7, 7.0, None, ["acme"], {"id": "acme"}], []),
        ("", []),
        (["", " ", "\t"], []),
        (["a\0b", "a\nb", "\ud800"], []),
        (None, []),
    ],
)
def test_customers_are_the_texts_of_their_claim_as_they_are(claim: JsonValue, customers: list[str]) -> None:
    viewer = viewer_of({"sub": "ada", "customers": claim}, settings())

    assert viewer.scope == Scope.of(*map(CustomerId, customers))


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("roles", {"roles": ["reader"]}),
        ("realm_access.roles", {"realm_access": {"roles": ["reader"]}}),
        ("https://example.org/roles", {"https://example.org/roles": ["reader"]}),
        ("resource_access.my.app.roles", {"resource_access": {"my.app": {"roles": ["reader"]}}}),
        ("scope", {"scope": "openid reader"}),
    ],
)
def test_roles_are_found_where_the_provider_puts_them(path: str, claims: dict[str, JsonValue]) -> None:
    viewer = viewer_of({"sub": "ada", **claims}, settings(roles_claim=path))

    assert viewer.permissions == READER


@pytest.mark.parametrize("path", ["", ".", "a..b", "a.b.c.d", "a.x", "x"])
def test_a_claim_that_is_not_there_is_none(path: str) -> None:
    assert find_claim({"a": {"b": {"c": 1}}}, path) is None


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["ada"], "a\nb", "a\0b", "\x1b[2J", "\ud800"])
def test_a_caller_has_a_name_that_can_be_recorded(name: JsonValue) -> None:
    with pytest.raises(NotAuthenticated, match="names nobody"):
        viewer_of({"email": name}, settings(name_claim="email"))


def test_what_is_known_of_a_caller_is_not_in_its_text() -> None:
    viewer = viewer_of({"sub": "ada", "salary": "a secret"}, settings())

    assert "a secret" not in repr(viewer)
