"""An identity provider: a real HTTP server that signs tokens and publishes its keys."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.json import JsonValue
from graph.authentication.keys import ProviderKeys
from graph.authentication.settings import OidcSettings
from graph.authentication.tokens import BearerTokens
from tests.graph.serving import serving

AUDIENCE = "orchestrion"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key with its id and its algorithm."""

    id: str
    private: PrivateKey
    algorithm: str

    def published(self) -> dict[str, JsonValue]:
        """The public half, as providers publish it."""
        match self.private:
            case rsa.RSAPrivateKey():
                text = RSAAlgorithm.to_jwk(self.private.public_key())
            case ec.EllipticCurvePrivateKey():
                text = ECAlgorithm.to_jwk(self.private.public_key())
            case _:
                text = OKPAlgorithm.to_jwk(self.private.public_key())
        return {**json.loads(text), "kid": self.id, "alg": self.algorithm, "use": "sig"}


def rsa_key(key_id: str, *, size: int = 2048) -> SigningKey:
    return SigningKey(
        id=key_id, private=rsa.generate_private_key(public_exponent=65537, key_size=size), algorithm="RS256"
    )


def ec_key(key_id: str) -> SigningKey:
    return SigningKey(id=key_id, private=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")


FIRST, SECOND, CURVE = rsa_key("first"), rsa_key("second"), ec_key("curve")
STRANGER = rsa_key("first")
"""A key of somebody else, by a name that is known."""


@dataclass(kw_only=True)
class Provider:
    """What the provider does, and how often it was asked."""

    keys: list[SigningKey]
    issuer: str = ""
    extra_keys: list[JsonValue] = field(default_factory=list[JsonValue])
    named_issuer: str | None = None
    keys_address: str | None = None
    broken: Response | None = None
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Queue[None] = field(default_factory=asyncio.Queue[None])
    asked_for_configuration: int = 0
    asked_for_keys: int = 0

    def __post_init__(self) -> None:
        self.answering.set()

    def begin_anew(self, *keys: SigningKey) -> None:
        """Forgets what it was told and asked; only its address stays."""
        fresh = Provider(keys=list(keys), issuer=self.issuer)
        for each in fields(fresh):
            setattr(self, each.name, getattr(fresh, each.name))

    def sign(self, key: SigningKey | None = None, /, **claims: JsonValue) -> str:
        """A token of the provider that is good for a minute, unless the claims say otherwise."""
        key = key or self.keys[0]
        return self.sign_with_header({"kid": key.id}, key, **claims)

    def sign_with_header(
        self, header: Mapping[str, JsonValue], key: SigningKey | None = None, /, **claims: JsonValue
    ) -> str:
        """A token with a header of one's own beside the algorithm."""
        key = key or self.keys[0]
        payload: dict[str, JsonValue] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "ada",
            "exp": int(time.time()) + 60,
            **claims,
        }
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.api_jws.encode(
            json.dumps(kept).encode(), key.private, algorithm=key.algorithm, headers=dict(header)
        )

    async def configuration(self, _: Request) -> Response:
        self.asked_for_configuration += 1
        self.asked.put_nowait(None)
        await self.answering.wait()
        issuer = self.named_issuer or self.issuer
        address = self.keys_address or f"{self.issuer}/keys"
        return self.broken or JSONResponse({"issuer": issuer, "jwks_uri": address})

    async def publish(self, _: Request) -> Response:
        self.asked_for_keys += 1
        keys: list[Mapping[str, JsonValue] | JsonValue] = [key.published() for key in self.keys]
        return JSONResponse({"keys": [*self.extra_keys, *keys]})


@asynccontextmanager
async def providing(*keys: SigningKey) -> AsyncGenerator[Provider]:
    """A provider that runs, with these keys."""
    provider = Provider(keys=list(keys))
    application = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.configuration),
            Route("/keys", provider.publish),
        ]
    )
    async with serving(application) as url:
        provider.issuer = url
        yield provider


def tokens_of(provider: Provider, client: httpx.AsyncClient, **changed: object) -> BearerTokens:
    """What knows the callers of the provider, with these settings."""
    settings = OidcSettings(**{"issuer": provider.issuer, "audience": AUDIENCE, **changed})  # pyright: ignore[reportArgumentType]  # each test changes another one
    return BearerTokens(settings, ProviderKeys(settings, client))
