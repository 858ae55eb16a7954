"""Callers known by the tokens of an OpenID Connect provider.

Source: RFC 7519, RFC 8725 (algorithms are an allow-list and never the token's choice), RFC 9068.
"""

from collections.abc import Mapping
from typing import Final

import jwt
from jwt.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAudienceError,
    InvalidIssuerError,
    MissingRequiredClaimError,
    PyJWTError,
)

from domain.json import JsonValue
from graph.authentication.authenticator import AuthenticationFault, Identity, NotAuthenticated
from graph.authentication.claims import viewer_of
from graph.authentication.keys import ProviderKeys
from graph.authentication.settings import OidcSettings

_REQUIRED: Final = ("exp", "iss", "aud")
_END_OF_TIME: Final = 2**53


class BearerTokens:
    """Knows callers by signed tokens that are meant for this server."""

    def __init__(self, settings: OidcSettings, keys: ProviderKeys) -> None:
        self._settings = settings
        self._keys = keys

    async def identify(self, token: str | None) -> Identity:
        """Who the token stands for.

        Raises:
            NotAuthenticated: if it stands for nobody.
            ProviderUnavailable: if the provider's keys cannot be had.
        """
        if token is None:
            raise NotAuthenticated(
                AuthenticationFault.NO_TOKEN, "Expected a bearer token of the identity provider, found none."
            )
        if len(token) > self._settings.max_token_chars:
            raise _malformed(
                f"found {len(token)} characters, at most {self._settings.max_token_chars} are taken"
            )
        key_id, algorithm = self._signed_with(token)
        key = await self._keys.find(key_id, algorithm=algorithm)
        claims = self._verify(token, key)
        return Identity(viewer=viewer_of(claims, self._settings), expires_at=self._expires_at(claims))

    def _signed_with(self, token: str) -> tuple[str | None, str]:
        """Which key the token claims to be signed with, and how; nothing else of it is believed yet."""
        try:
            header = jwt.get_unverified_header(token)
        except (PyJWTError, ValueError, RecursionError):
            raise _malformed("found no JSON Web Token") from None
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self._settings.algorithms:
            raise NotAuthenticated(
                AuthenticationFault.UNTRUSTED_TOKEN,
                f"The token's signature is of a kind that is not accepted; expected one of"
                f" {', '.join(sorted(self._settings.algorithms))}.",
            )
        key_id = header.get("kid")
        return (key_id if isinstance(key_id, str) else None), algorithm

    def _verify(self, token: str, key: jwt.PyJWK) -> Mapping[str, JsonValue]:
        settings = self._settings
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=settings.leeway_s,
                options={"require": list(_REQUIRED)},
            )
        except ExpiredSignatureError:
            raise NotAuthenticated(AuthenticationFault.EXPIRED_TOKEN, "The token has expired.") from None
        except ImmatureSignatureError:
            raise _untrusted("It is not valid yet") from None
        except InvalidAudienceError:
            raise _untrusted(f"It is not meant for {settings.audience!r}") from None
        except InvalidIssuerError:
            raise _untrusted(f"It is not issued by {settings.issuer!r}") from None
        except MissingRequiredClaimError as error:
            raise _untrusted(f"It lacks the claim {error.claim!r}") from None
        except DecodeError:
            raise _untrusted("Its signature does not fit") from None
        except (PyJWTError, ArithmeticError, RecursionError, TypeError, ValueError):
            raise _untrusted("It cannot be checked") from None

    def _expires_at(self, claims: Mapping[str, JsonValue]) -> float:
        match claims["exp"]:
            case bool():
                raise _untrusted("Its time of expiry is no number")
            case int(moment) | float(moment):
                # Beyond all calendars there is no floating-point number left.
                return min(moment, _END_OF_TIME) + self._settings.leeway_s
            case _:
                raise _untrusted("Its time of expiry is no number")


def _malformed(found: str) -> NotAuthenticated:
    return NotAuthenticated(
        AuthenticationFault.MALFORMED_TOKEN, f"Expected a bearer token of the identity provider: {found}."
    )


def _untrusted(why: str) -> NotAuthenticated:
    return NotAuthenticated(AuthenticationFault.UNTRUSTED_TOKEN, f"The token is not accepted. {why}.")
