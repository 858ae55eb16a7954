"""Callers are known by tokens that the identity provider has signed for this server."""

import base64
import hmac
import json
import math
import time
from collections.abc import Callable

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.scope import Scope
from graph.authentication.authenticator import (
    AuthenticationFault,
    NotAuthenticated,
    OpenDevelopment,
)
from graph.authentication.settings import OPERATOR, InvalidOidcSettings, OidcSettings
from graph.permissions import Permission
from tests.graph.authentication.provider import (
    AUDIENCE,
    CURVE,
    FIRST,
    SECOND,
    STRANGER,
    Provider,
    SigningKey,
    tokens_of,
)

NOTHING = frozenset[Permission]()


@pytest.mark.parametrize("key", [FIRST, CURVE], ids=lambda key: key.id)
async def test_a_token_says_who_asks_what_they_may_do_and_whose_data_they_see(
    provider: Provider, client: httpx.AsyncClient, key: SigningKey
) -> None:
    expires_at = int(time.time()) + 60
    token = provider.sign(key, roles=["operator", "gardener"], customers=["acme", "globex"], exp=expires_at)

    identity = await tokens_of(provider, client, leeway_s=5).identify(token)

    assert (identity.viewer.name, identity.viewer.permissions) == ("ada", OPERATOR)
    assert identity.viewer.scope == Scope.of(CustomerId("acme"), CustomerId("globex"))
    assert identity.expires_at == expires_at + 5
    assert identity.viewer.claims["roles"] == ["operator", "gardener"]


def signed_by_nobody(provider: Provider) -> str:
    good = provider.sign(roles=["admin"])
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=")
    return f"{header.decode()}.{good.split('.')[1]}."


def signed_with_the_public_key(provider: Provider) -> str:
    """The classical forgery: what is public taken for a secret that both sides share."""
    return jwt.encode(
        {"iss": provider.issuer, "aud": AUDIENCE, "sub": "eve", "exp": int(time.time()) + 60},
        str(FIRST.published()["n"]),
        algorithm="HS256",
        headers={"kid": "first"},
    )


def tampered(provider: Provider) -> str:
    header, payload, signature = provider.sign(roles=["reader"]).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"roles": ["admin"]}).encode()).rstrip(b"=")
    return f"{header}.{forged.decode()}.{signature}"


def another_algorithm(provider: Provider) -> str:
    return jwt.encode(
        {"iss": provider.issuer, "aud": AUDIENCE, "sub": "ada", "exp": int(time.time()) + 60},
        FIRST.private,
        algorithm="RS512",
        headers={"kid": "first"},
    )


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed_with_the_public_key_as_text(provider: Provider) -> str:
    """The same with the key as it stands in a file, which the library that signs would not do."""
    assert isinstance(FIRST.private, rsa.RSAPrivateKey)
    pem = FIRST.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{provider.sign().split('.')[1]}"
    signature = base64.urlsafe_b64encode(hmac.digest(pem, signed.encode(), "sha256")).rstrip(b"=")
    return f"{signed}.{signature.decode()}"


def nested_deeply(_: Provider) -> str:
    """A header at which a reader of JSON that calls itself gives up."""
    return f"{base64.urlsafe_b64encode(b'[' * 5_000).decode()}.e30.AA"


def keys_of_its_own(provider: Provider) -> str:
    """A token that says by which key it is to be checked, and where that is."""
    header: dict[str, JsonValue] = {
        "kid": "first",
        "jwk": STRANGER.published(),
        "jku": f"{provider.issuer}/evil",
        "x5u": f"{provider.issuer}/evil",
        "x5c": ["AAAA"],
    }
    return provider.sign_with_header(header, STRANGER)


def key_of_another_kind(provider: Provider) -> str:
    forged = SigningKey(id="first", private=CURVE.private, algorithm="ES256")
    return provider.sign(forged)


FORGERIES: list[tuple[Callable[[Provider], str | None], AuthenticationFault, str]] = [
    (lambda _: None, AuthenticationFault.NO_TOKEN, "found none"),
    (lambda _: "", AuthenticationFault.MALFORMED_TOKEN, "found no JSON Web Token"),
    (lambda _: "not.a.token", AuthenticationFault.MALFORMED_TOKEN, "found no JSON Web Token"),
    (lambda _: "é" * 20, AuthenticationFault.MALFORMED_TOKEN, "found no JSON Web Token"),
    (lambda _: "x" * 9000, AuthenticationFault.MALFORMED_TOKEN, "found 9000 characters"),
    (signed_by_nobody, AuthenticationFault.UNTRUSTED_TOKEN, "expected one of ES256, RS256"),
    (signed_with_the_public_key_as_text, AuthenticationFault.UNTRUSTED_TOKEN, "expected one of ES256, RS256"),
    (nested_deeply, AuthenticationFault.MALFORMED_TOKEN, "found no JSON Web Token"),
    (lambda _: f"{encoded([])}.e30.AA", AuthenticationFault.MALFORMED_TOKEN, "found no JSON Web Token"),
    (lambda _: f"{encoded({'alg': ['RS256']})}.e30.AA", AuthenticationFault.UNTRUSTED_TOKEN, "expected one"),
    (lambda _: "\ud800.e30.AA", AuthenticationFault.MALFORMED_TOKEN, "found no JSON Web Token"),
    (lambda it: f"{it.sign()} {it.sign()}", AuthenticationFault.MALFORMED_TOKEN, "found no JSON Web Token"),
    (keys_of_its_own, AuthenticationFault.UNTRUSTED_TOKEN, "signature does not fit"),
    (
        lambda it: it.sign_with_header({"kid": "../first"}),
        AuthenticationFault.UNTRUSTED_TOKEN,
        "a key that is",
    ),
    (
        lambda it: it.sign_with_header({"kid": "' OR 1=1"}),
        AuthenticationFault.UNTRUSTED_TOKEN,
        "a key that is",
    ),
    (
        lambda it: it.sign_with_header({"kid": "first", "crit": ["exp"], "exp": 1}),
        AuthenticationFault.MALFORMED_TOKEN,
        "found no JSON Web Token",
    ),
    (signed_with_the_public_key, AuthenticationFault.UNTRUSTED_TOKEN, "expected one of ES256, RS256"),
    (another_algorithm, AuthenticationFault.UNTRUSTED_TOKEN, "expected one of ES256, RS256"),
    (key_of_another_kind, AuthenticationFault.UNTRUSTED_TOKEN, "a key that is not"),
    (tampered, AuthenticationFault.UNTRUSTED_TOKEN, "signature does not fit"),
    (lambda it: it.sign(STRANGER), AuthenticationFault.UNTRUSTED_TOKEN, "signature does not fit"),
    (lambda it: it.sign(SECOND), AuthenticationFault.UNTRUSTED_TOKEN, "a key that is not"),
    (
        lambda it: it.sign(aud="another"),
        AuthenticationFault.UNTRUSTED_TOKEN,
        "not meant for 'orchestrion'",
    ),
    (lambda it: it.sign(aud=None), AuthenticationFault.UNTRUSTED_TOKEN, "lacks the claim 'aud'"),
    (lambda it: it.sign(iss="https://evil"), AuthenticationFault.UNTRUSTED_TOKEN, "not issued by"),
    (lambda it: it.sign(exp=None), AuthenticationFault.UNTRUSTED_TOKEN, "lacks the claim 'exp'"),
    (lambda it: it.sign(exp="soon"), AuthenticationFault.UNTRUSTED_TOKEN, "not accepted"),
    (lambda it: it.sign(exp=float("inf")), AuthenticationFault.UNTRUSTED_TOKEN, "not accepted"),
    (lambda it: it.sign(exp=1), AuthenticationFault.EXPIRED_TOKEN, "has expired"),
    (
        lambda it: it.sign(nbf=int(time.time()) + 900),
        AuthenticationFault.UNTRUSTED_TOKEN,
        "not valid yet",
    ),
    (lambda it: it.sign(iat=int(time.time()) + 900), AuthenticationFault.UNTRUSTED_TOKEN, "not valid yet"),
    (lambda it: it.sign(nbf="soon"), AuthenticationFault.UNTRUSTED_TOKEN, "not accepted"),
    (lambda it: it.sign(exp=str(int(time.time()) + 60)), AuthenticationFault.UNTRUSTED_TOKEN, "no number"),
    (lambda it: it.sign(exp=True), AuthenticationFault.EXPIRED_TOKEN, "has expired"),
    (lambda it: it.sign(exp=-1), AuthenticationFault.EXPIRED_TOKEN, "has expired"),
    (lambda it: it.sign(aud=["another"]), AuthenticationFault.UNTRUSTED_TOKEN, "not meant for"),
    (lambda it: it.sign(aud=[]), AuthenticationFault.UNTRUSTED_TOKEN, "lacks the claim 'aud'"),
    (lambda it: it.sign(aud=[["orchestrion"]]), AuthenticationFault.UNTRUSTED_TOKEN, "not meant for"),
    (lambda it: it.sign(aud="orchestrion-test"), AuthenticationFault.UNTRUSTED_TOKEN, "not meant for"),
    (lambda it: it.sign(iss=f"{it.issuer}/"), AuthenticationFault.UNTRUSTED_TOKEN, "not issued by"),
    (lambda it: it.sign(iss=[it.issuer]), AuthenticationFault.UNTRUSTED_TOKEN, "not issued by"),
    (lambda it: it.sign(sub=7), AuthenticationFault.UNTRUSTED_TOKEN, "not accepted"),
    (lambda it: it.sign(sub="a\nb"), AuthenticationFault.UNTRUSTED_TOKEN, "names nobody"),
    (lambda it: it.sign(sub="a\0b"), AuthenticationFault.UNTRUSTED_TOKEN, "names nobody"),
    (lambda it: it.sign(sub="\ud800"), AuthenticationFault.UNTRUSTED_TOKEN, "names nobody"),
    (lambda it: it.sign(sub=None), AuthenticationFault.UNTRUSTED_TOKEN, "names nobody"),
    (lambda it: it.sign(sub="  "), AuthenticationFault.UNTRUSTED_TOKEN, "names nobody"),
]


@pytest.mark.parametrize(("make", "fault", "message"), FORGERIES)
async def test_a_token_that_cannot_be_trusted_stands_for_nobody(
    provider: Provider,
    client: httpx.AsyncClient,
    make: Callable[[Provider], str | None],
    fault: AuthenticationFault,
    message: str,
) -> None:
    token = make(provider)

    with pytest.raises(NotAuthenticated) as refusal:
        await tokens_of(provider, client).identify(token)

    assert refusal.value.fault is fault
    assert message in refusal.value.message
    assert not token or token not in refusal.value.message


@pytest.mark.parametrize(
    "claims",
    [{"aud": ["another", AUDIENCE]}, {"iat": int(time.time())}, {"exp": 10**400}, {"nbf": 0}, {"jti": "1"}],
)
async def test_a_token_of_an_unusual_shape_that_is_good_is_taken(
    provider: Provider, client: httpx.AsyncClient, claims: dict[str, JsonValue]
) -> None:
    identity = await tokens_of(provider, client).identify(provider.sign(**claims))

    assert identity.viewer.name == "ada"
    assert identity.expires_at is not None
    assert math.isfinite(identity.expires_at)


async def test_a_token_may_name_no_key_where_there_is_one_alone(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client, keys_min_interval_s=0)
    nameless = provider.sign_with_header({}, FIRST)
    named_wrongly = provider.sign_with_header({}, STRANGER)

    assert (await tokens.identify(nameless)).viewer.name == "ada"
    with pytest.raises(NotAuthenticated, match="signature does not fit"):
        await tokens.identify(named_wrongly)
    provider.keys = [FIRST, SECOND]
    with pytest.raises(NotAuthenticated, match="a key that is not"):
        await tokens_of(provider, client).identify(nameless)


async def test_clocks_may_differ_by_the_leeway(provider: Provider, client: httpx.AsyncClient) -> None:
    tokens = tokens_of(provider, client, leeway_s=30)
    now = int(time.time())

    just_over = await tokens.identify(provider.sign(exp=now - 20, nbf=now + 20))
    with pytest.raises(NotAuthenticated):
        await tokens.identify(provider.sign(exp=now - 40))

    assert just_over.viewer.name == "ada"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"algorithms": ["HS256"]}, "found the signature algorithms ['HS256']"),
        ({"algorithms": ["none", "RS256"]}, "expected some of"),
        ({"algorithms": []}, "expected some of"),
        ({"audience": ""}, "found no audience"),
        ({"issuer": "http://provider.example.org"}, "begins with https://"),
        ({"issuer": "provider.example.org"}, "begins with https://"),
    ],
)
def test_settings_that_would_not_be_safe_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidOidcSettings) as refusal:
        OidcSettings(**{"issuer": "https://provider.example.org", "audience": AUDIENCE, **changed})  # pyright: ignore[reportArgumentType]  # each case changes another one

    assert message in str(refusal.value)


async def test_without_a_provider_everybody_is_the_developer() -> None:
    identity = await OpenDevelopment().identify("whatever")

    assert (identity.viewer.permissions, identity.viewer.scope) == (frozenset(Permission), Scope.all())
    assert identity.expires_at is None
