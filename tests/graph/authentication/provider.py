"""An identity provider: a real HTTP server that signs tokens and publishes its keys."""

import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.json import JsonValue
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


def rsa_key(key_id: str) -> SigningKey:
    return SigningKey(
        id=key_id, private=rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm="RS256"
    )


def ec_key(key_id: str) -> SigningKey:
    return SigningKey(id=key_id, private=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")


@dataclass(kw_only=True)
class Provider:
    """What the provider does, and how often it was asked."""

    keys: list[SigningKey]
    issuer: str = ""
    extra_keys: list[JsonValue] = field(default_factory=list[JsonValue])
    named_issuer: str | None = None
    broken: Response | None = None
    asked_for_keys: int = 0

    def sign(self, key: SigningKey | None = None, /, **claims: JsonValue) -> str:
        """A token of the provider that is good for a minute, unless the claims say otherwise."""
        key = key or self.keys[0]
        payload: dict[str, JsonValue] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "ada",
            "exp": int(time.time()) + 60,
            **claims,
        }
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, key.private, algorithm=key.algorithm, headers={"kid": key.id})

    async def configuration(self, _: Request) -> Response:
        issuer = self.named_issuer or self.issuer
        return self.broken or JSONResponse({"issuer": issuer, "jwks_uri": f"{self.issuer}/keys"})

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
