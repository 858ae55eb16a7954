"""What the claims of a token allow."""

from collections.abc import Mapping
from unicodedata import category

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
        case str(name) if name.strip() and _is_plain(name):
            pass
        case _:
            raise NotAuthenticated(
                AuthenticationFault.UNTRUSTED_TOKEN,
                f"The token names nobody: expected text in its claim {settings.name_claim!r}.",
            )
    roles = _words(find_claim(claims, settings.roles_claim))
    permissions = [settings.roles.get(role, frozenset[Permission]()) for role in roles]
    if roles & settings.all_customers_roles:
        scope = Scope.all()
    else:
        scope = Scope.of(*_customers(find_claim(claims, settings.customers_claim)))
    return Viewer(
        name=name, permissions=frozenset[Permission]().union(*permissions), scope=scope, claims=claims
    )


def find_claim(claims: Mapping[str, JsonValue], path: str) -> JsonValue:
    """A claim by its name, or by the way to it through objects; None if there is none.

    A name with dots in it, such as an address, is looked for as it is first, and so is each name on the way.
    """
    if path in claims:
        return claims[path]
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        match claims.get(".".join(parts[:length])):
            case dict(inner):
                return find_claim(inner, ".".join(parts[length:]))
            case _:
                pass
    return None


def _words(claim: JsonValue) -> frozenset[str]:
    """The roles that a claim lists: a list of texts, or texts with blanks between, as in `scope`."""
    match claim:
        case str(text):
            return frozenset(text.split())
        case list(items):
            return frozenset(item for item in items if isinstance(item, str))
        case _:
            return frozenset()


def _customers(claim: JsonValue) -> frozenset[CustomerId]:
    """The customers that a claim lists: a list of texts, or one text that is one, blanks and all.

    A number is none: whether 7 is customer `7` or `007` is not for us to say. There is no text for all.
    """
    match claim:
        case str(text):
            found = [text]
        case list(items):
            found = [item for item in items if isinstance(item, str)]
        case _:
            found = list[str]()
    return frozenset(CustomerId(text) for text in found if text.strip() and _is_plain(text))


def _is_plain(text: str) -> bool:
    """Whether a text can be stored and shown in one line: no control characters, no half characters."""
    return not any(category(character) in {"Cc", "Cs"} for character in text)
