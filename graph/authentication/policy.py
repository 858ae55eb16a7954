"""What the claims of a token allow."""

from collections.abc import Mapping

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.scope import Scope
from graph.authentication.authenticator import AuthenticationFault, NotAuthenticated
from graph.authentication.settings import OidcSettings
from graph.permissions import Permission, Viewer


def viewer_of(claims: Mapping[str, JsonValue], settings: OidcSettings) -> Viewer:
    """The viewer whom the claims describe: the permissions of the roles, the customers that are listed.

    Whoever has no role that is known may do nothing; whoever has no customers sees nobody's data.

    Raises:
        NotAuthenticated: if no claim names the caller.
    """
    match find_claim(claims, settings.name_claim):
        case str(name) if name.strip():
            pass
        case _:
            raise NotAuthenticated(
                AuthenticationFault.UNTRUSTED_TOKEN,
                f"The token names nobody: expected text in its claim {settings.name_claim!r}.",
            )
    roles = _texts(find_claim(claims, settings.roles_claim))
    permissions = [settings.roles.get(role, frozenset[Permission]()) for role in roles]
    if roles & settings.all_customers_roles:
        scope = Scope.all()
    else:
        scope = Scope.of(*map(CustomerId, sorted(_texts(find_claim(claims, settings.customers_claim)))))
    return Viewer(
        name=name, permissions=frozenset[Permission]().union(*permissions), scope=scope, claims=claims
    )


def find_claim(claims: Mapping[str, JsonValue], path: str) -> JsonValue:
    """A claim by its name, or by the way to it through objects; None if there is none.

    A name with dots in it, such as an address, is looked for as it is first.
    """
    if path in claims:
        return claims[path]
    first, _, rest = path.partition(".")
    match claims.get(first):
        case dict(inner) if rest:
            return find_claim(inner, rest)
        case _:
            return None


def _texts(claim: JsonValue) -> frozenset[str]:
    """What a claim lists: a list of texts, or texts with blanks between, as in `scope`."""
    match claim:
        case str(text):
            return frozenset(text.split())
        case list(items):
            return frozenset(item for item in items if isinstance(item, str))
        case _:
            return frozenset()
