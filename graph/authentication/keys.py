"""The keys of an identity provider: fetched, kept for a while, and fetched again when they change.

Source: OpenID Connect Discovery 1.0, section 4; RFC 7517.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

import httpx
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from domain.json import JsonValue, decode
from graph.authentication.authenticator import (
    AuthenticationFault,
    NotAuthenticated,
    ProviderUnavailable,
)
from graph.authentication.settings import OidcSettings

_LARGEST_ANSWER_BYTES: Final = 1_000_000

_log = structlog.get_logger(__name__)


class ProviderKeys:
    """The public keys that the provider signs with now."""

    def __init__(self, settings: OidcSettings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._keys: Mapping[str | None, PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str | None) -> PyJWK:
        """The key of this id; without an id, the only one there is.

        A key that is not known is looked for at the provider, which is then left alone for a while: so a
        change of keys is noticed with the first token of the new one, and made-up ids cost it nothing.

        Raises:
            NotAuthenticated: if the provider has no such key.
            ProviderUnavailable: if its keys cannot be had.
        """
        if not self._are_fresh():
            await self._refresh(unless=self._are_fresh)
        key = self._find(key_id)
        if key is None and not self._was_asked_lately():
            await self._refresh(unless=self._was_asked_lately)
            key = self._find(key_id)
        if key is None:
            raise NotAuthenticated(
                AuthenticationFault.UNTRUSTED_TOKEN,
                "The token is signed with a key that is not the identity provider's.",
            )
        return key

    def _find(self, key_id: str | None) -> PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _are_fresh(self) -> bool:
        return _younger(self._fetched_at, self._settings.keys_max_age_s)

    def _was_asked_lately(self) -> bool:
        return _younger(self._tried_at, self._settings.keys_min_interval_s)

    async def _refresh(self, *, unless: Callable[[], bool]) -> None:
        """Fetch the keys; one caller does, the others wait for it. Old ones serve while none can be had."""
        async with self._fetching:
            if unless():
                return
            usable = _younger(self._fetched_at, self._settings.keys_stale_s)
            if usable and self._was_asked_lately():
                return
            self._tried_at = time.monotonic()
            try:
                self._keys = await self._fetch()
                self._fetched_at = time.monotonic()
            except (httpx.HTTPError, _UnusableAnswer) as error:
                _log.warning("identity_provider.unavailable", issuer=self._settings.issuer, error=str(error))
                if not usable:
                    raise ProviderUnavailable("the identity provider's keys cannot be had") from error

    async def _fetch(self) -> Mapping[str | None, PyJWK]:
        issuer = self._settings.issuer
        configuration = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        match configuration:
            case {"issuer": str(named), "jwks_uri": str(address)} if named == issuer:
                keys = await self._get(address)
            case {"issuer": str(named)} if named != issuer:
                raise _UnusableAnswer(f"found the configuration of issuer {named!r}, expected {issuer!r}")
            case _:
                raise _UnusableAnswer("found a configuration without 'issuer' and 'jwks_uri'")
        match keys:
            case {"keys": list(items)}:
                usable = [key for key in map(_read_key, items) if key is not None]
            case _:
                raise _UnusableAnswer("found no list of keys")
        if not usable:
            raise _UnusableAnswer("found no key that signatures can be checked with")
        return {key.key_id: key for key in usable}

    async def _get(self, address: str) -> JsonValue:
        async with self._client.stream("GET", address, timeout=self._settings.timeout_s) as response:
            response.raise_for_status()
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _LARGEST_ANSWER_BYTES:
                    raise _UnusableAnswer(f"found an answer of more than {_LARGEST_ANSWER_BYTES} bytes")
        try:
            return decode(body)
        except ValueError as error:
            raise _UnusableAnswer("found an answer that is not JSON") from error


class _UnusableAnswer(Exception):
    """The provider answered something that holds no keys."""


def _read_key(item: JsonValue) -> PyJWK | None:
    """A key that checks signatures; None for others, and for kinds that we do not know."""
    match item:
        case {"kty": "RSA" | "EC" | "OKP", **rest} if rest.get("use", "sig") == "sig":
            try:
                return PyJWK(dict(item))
            except PyJWTError:
                return None
        case _:
            return None


def _younger(moment: float | None, than_s: float) -> bool:
    return moment is not None and time.monotonic() - moment < than_s
