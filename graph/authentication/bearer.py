"""Where callers put their tokens.

Source: RFC 6750, section 2.1; graphql-ws PROTOCOL.md leaves the payload of `connection_init` to its users.
"""

from collections.abc import Sequence

from domain.json import JsonValue
from graph.authentication.authenticator import AuthenticationFault, NotAuthenticated


def token_of_headers(authorizations: Sequence[str]) -> str | None:
    """The token of a request's `Authorization` headers; None without one.

    Raises:
        NotAuthenticated: if there are several, of which others might believe another one, or if it holds
            something else than a bearer token.
    """
    match authorizations:
        case []:
            return None
        case [authorization]:
            return _token(authorization)
        case _:
            raise NotAuthenticated(
                AuthenticationFault.MALFORMED_TOKEN,
                f"Expected one authorization, found {len(authorizations)}.",
            )


def token_of_greeting(payload: JsonValue, *, headers: Sequence[str]) -> str | None:
    """The token that a socket was greeted with, or else opened with; None without any.

    A browser cannot set headers of a socket, so the greeting's payload has one in their place:
    ``{"Authorization": "Bearer …"}``, whatever the case of its name.

    Raises:
        NotAuthenticated: if there is something else than a bearer token.
    """
    match payload:
        case dict():
            found = [value for name, value in payload.items() if name.lower() == "authorization"]
        case _:
            found = []
    match found:
        case []:
            return token_of_headers(headers)
        case [str(authorization)]:
            return _token(authorization)
        case _:
            raise NotAuthenticated(
                AuthenticationFault.MALFORMED_TOKEN, "Expected one text as 'Authorization' of the payload."
            )


def _token(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated(
            AuthenticationFault.MALFORMED_TOKEN, "Expected 'Bearer' and a token as authorization."
        )
    return token.strip()
