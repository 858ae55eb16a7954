"""The keys of an identity provider: fetched, kept for a while, and fetched again when they change.

Source: OpenID Connect Discovery 1.0, section 4; RFC 7517.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

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
from graph.authentication.settings import OidcSettings, is_safe_address

_LARGEST_ANSWER_BYTES: Final = 1_000_000

_log = structlog.get_logger(__name__)


Keys: TypeAlias = Mapping[tuple[str | None, str], PyJWK]
"""Keys by their id and the signature that each of them checks."""


class ProviderKeys:
    """The public keys that the provider signs with now."""

    def __init__(self, settings: OidcSettings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._keys: Keys = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str | None, *, algorithm: str) -> PyJWK:
        """The key of this id for this kind of signature; without an id, the only one there is.

        A key that is not known is looked for at the provider, which is then left alone for a while: so a
        change of keys is noticed with the first token of the new one, and made-up ids cost it nothing.
        Nobody waits for a provider that does not answer if the key is known from before.

        Raises:
            NotAuthenticated: if the provider has no such key.
            ProviderUnavailable: if its keys cannot be had.
        """
        key = self._find(key_id, algorithm)
        if not self._are_fresh() and not (key and self._are_usable() and self._fetching.locked()):
            await self._refresh(unless=self._are_fresh)
            key = self._find(key_id, algorithm)
        if key is None and not self._was_asked_lately():
            await self._refresh(unless=self._was_asked_lately)
            key = self._find(key_id, algorithm)
        if key is None:
            raise NotAuthenticated(
                AuthenticationFault.UNTRUSTED_TOKEN,
                "The token is signed with a key that is not the identity provider's.",
            )
        return key

    def _find(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        if key_id is not None:
            return self._keys.get((key_id, algorithm))
        fitting = [key for (_, signs), key in self._keys.items() if signs == algorithm]
        return fitting[0] if len(fitting) == 1 else None

    def _are_fresh(self) -> bool:
        return _younger(self._fetched_at, self._settings.keys_max_age_s)

    def _are_usable(self) -> bool:
        return _younger(self._fetched_at, self._settings.keys_stale_s)

    def _was_asked_lately(self) -> bool:
        """Whether the provider is to be left alone; one that nobody can do without, not for so long."""
        settings = self._settings
        return _younger(
            self._tried_at, settings.keys_min_interval_s if self._are_usable() else settings.keys_retry_s
        )

    async def _refresh(self, *, unless: Callable[[], bool]) -> None:
        """Fetch the keys; one caller does, the others wait for it. Old ones serve while none can be had.

        Raises:
            ProviderUnavailable: if there are no old ones, be it that the provider failed just now.
        """
        async with self._fetching:
            if unless():
                return
            if self._was_asked_lately():
                if self._are_usable():
                    return
                raise ProviderUnavailable("the identity provider's keys could not be had a moment ago")
            self._tried_at = time.monotonic()
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    self._keys = await self._fetch()
                self._fetched_at = time.monotonic()
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, _UnusableAnswer) as error:
                found = str(error) or type(error).__name__
                _log.warning("identity_provider.unavailable", issuer=self._settings.issuer, error=found)
                if not self._are_usable():
                    raise ProviderUnavailable("the identity provider's keys cannot be had") from error

    async def _fetch(self) -> Keys:
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
                usable = _read_keys(items, sorted(self._settings.algorithms))
            case _:
                raise _UnusableAnswer("found no list of keys")
        if not usable:
            raise _UnusableAnswer("found no key that signatures can be checked with")
        return usable

    async def _get(self, address: str) -> JsonValue:
        """What is at an address, which nobody can be led away from, nor made to unpack."""
        if not is_safe_address(address):
            raise _UnusableAnswer(f"found the address {address!r}, expected one that begins with https://")
        async with self._client.stream(
            "GET", address, headers={"accept-encoding": "identity"}, follow_redirects=False
        ) as response:
            response.raise_for_status()
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > _LARGEST_ANSWER_BYTES:
                    raise _UnusableAnswer(f"found an answer of more than {_LARGEST_ANSWER_BYTES} bytes")
        try:
            return decode(bytes(body))
        except ValueError as error:
            raise _UnusableAnswer("found an answer that is not JSON") from error


class _UnusableAnswer(Exception):
    """The provider answered something that holds no keys."""


def _read_keys(items: Sequence[JsonValue], algorithms: Sequence[str]) -> Keys:
    """The keys that check signatures which are accepted; all others are left out, and what is no key."""
    found: dict[tuple[str | None, str], PyJWK] = {}
    for item in items:
        for algorithm in algorithms:
            key = _read_key(item, algorithm)
            if key is not None:
                found[key.key_id, algorithm] = key
    return found


def _read_key(item: JsonValue, algorithm: str) -> PyJWK | None:
    """The public key that an item is for signatures of this kind; None if it is none, or a weak one."""
    match item:
        case {"kty": "RSA" | "EC" | "OKP"} if (
            item.get("use", "sig") == "sig"
            and item.get("alg", algorithm) == algorithm
            and isinstance(item.get("kid"), str | None)
            and "d" not in item
        ):
            try:
                key = PyJWK(dict(item), algorithm)
                prepared = key.Algorithm.prepare_key(key.key)
            except (PyJWTError, ValueError, TypeError):
                return None
            return key if key.Algorithm.check_key_length(prepared) is None else None
        case _:
            return None


def _younger(moment: float | None, than_s: float) -> bool:
    return moment is not None and time.monotonic() - moment < than_s
