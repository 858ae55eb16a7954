"""Callers are known by tokens that the identity provider has signed for this server."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator, Callable

import httpx
import jwt
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.scope import Scope
from graph.authentication.authenticator import (
    AuthenticationFault,
    NotAuthenticated,
    OpenDevelopment,
    ProviderUnavailable,
)
from graph.authentication.keys import ProviderKeys
from graph.authentication.settings import OPERATOR, READER, InvalidOidcSettings, OidcSettings
from graph.authentication.tokens import BearerTokens
from graph.permissions import Permission
from tests.graph.authentication.provider import AUDIENCE, Provider, SigningKey, ec_key, providing, rsa_key

NOTHING = frozenset[Permission]()
FIRST, SECOND, STRANGER, CURVE = rsa_key("first"), rsa_key("second"), rsa_key("first"), ec_key("curve")


@pytest.fixture
async def provider() -> AsyncGenerator[Provider]:
    async with providing(FIRST, CURVE) as provider:
        yield provider


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def tokens_of(provider: Provider, client: httpx.AsyncClient, **changed: object) -> BearerTokens:
    settings = OidcSettings(**{"issuer": provider.issuer, "audience": AUDIENCE, **changed})  # pyright: ignore[reportArgumentType]  # each test changes another one
    return BearerTokens(settings, ProviderKeys(settings, client))


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


@pytest.mark.parametrize(
    ("claims", "permissions", "scope"),
    [
        ({}, NOTHING, Scope.of()),
        ({"roles": ["gardener"], "customers": ["acme"]}, NOTHING, Scope.of(CustomerId("acme"))),
        ({"roles": "reader gardener", "customers": "acme"}, READER, Scope.of(CustomerId("acme"))),
        ({"roles": ["admin"]}, frozenset(Permission), Scope.all()),
        ({"roles": [1, None, ["admin"]], "customers": {"acme": True}}, NOTHING, Scope.of()),
    ],
)
async def test_what_no_claim_allows_is_not_allowed(
    provider: Provider,
    client: httpx.AsyncClient,
    claims: dict[str, JsonValue],
    permissions: frozenset[Permission],
    scope: Scope,
) -> None:
    identity = await tokens_of(provider, client).identify(provider.sign(**claims))

    assert (identity.viewer.permissions, identity.viewer.scope) == (permissions, scope)


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["reader"]}}),
        ("https://example.org/roles", {"https://example.org/roles": ["reader"]}),
        ("scope", {"scope": "openid reader"}),
    ],
)
async def test_roles_are_found_where_the_provider_puts_them(
    provider: Provider, client: httpx.AsyncClient, path: str, claims: dict[str, JsonValue]
) -> None:
    identity = await tokens_of(provider, client, roles_claim=path).identify(provider.sign(**claims))

    assert identity.viewer.permissions == READER


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
    (signed_with_the_public_key, AuthenticationFault.UNTRUSTED_TOKEN, "expected one of ES256, RS256"),
    (another_algorithm, AuthenticationFault.UNTRUSTED_TOKEN, "expected one of ES256, RS256"),
    (key_of_another_kind, AuthenticationFault.UNTRUSTED_TOKEN, "is not accepted"),
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


async def test_clocks_may_differ_by_the_leeway(provider: Provider, client: httpx.AsyncClient) -> None:
    tokens = tokens_of(provider, client, leeway_s=30)
    now = int(time.time())

    just_over = await tokens.identify(provider.sign(exp=now - 20, nbf=now + 20))
    with pytest.raises(NotAuthenticated):
        await tokens.identify(provider.sign(exp=now - 40))

    assert just_over.viewer.name == "ada"


async def test_keys_are_fetched_once_for_many_callers(provider: Provider, client: httpx.AsyncClient) -> None:
    tokens = tokens_of(provider, client)

    await asyncio.gather(*(tokens.identify(provider.sign()) for _ in range(20)))

    assert provider.asked_for_keys == 1


async def test_a_new_key_is_noticed_with_its_first_token(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client, keys_min_interval_s=0)
    await tokens.identify(provider.sign())
    old = provider.sign()

    provider.keys = [SECOND]
    new = await tokens.identify(provider.sign())

    assert (new.viewer.name, provider.asked_for_keys) == ("ada", 2)
    with pytest.raises(NotAuthenticated, match="a key that is not"):
        await tokens.identify(old)


async def test_made_up_keys_cost_the_provider_one_question_for_a_while(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client)
    await tokens.identify(provider.sign())

    for _ in range(10):
        with pytest.raises(NotAuthenticated):
            await tokens.identify(provider.sign(SECOND))

    assert provider.asked_for_keys == 1


async def test_keys_that_are_no_public_keys_for_signatures_are_left_out(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    shared: JsonValue = {"kty": "oct", "kid": "first", "k": "c2VjcmV0", "alg": "HS256"}
    encryption: JsonValue = {**SECOND.published(), "use": "enc"}
    provider.extra_keys = [shared, encryption, {"kty": "RSA"}, {"kty": "XX", "kid": "x"}, None]
    tokens = tokens_of(provider, client)

    assert (await tokens.identify(provider.sign())).viewer.name == "ada"
    with pytest.raises(NotAuthenticated):
        await tokens.identify(provider.sign(SECOND))


async def test_old_keys_serve_while_the_provider_is_gone(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client, keys_max_age_s=0, keys_min_interval_s=0)
    await tokens.identify(provider.sign())

    provider.broken = PlainTextResponse("down", status_code=503)

    assert (await tokens.identify(provider.sign())).viewer.name == "ada"


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("down", status_code=503),
        PlainTextResponse("not JSON"),
        PlainTextResponse("[" * 100_000),
        JSONResponse({"issuer": "https://another"}),
        JSONResponse([]),
        PlainTextResponse(" " * 1_000_001),
    ],
    ids=["down", "no JSON", "deep", "another issuer", "another shape", "endless"],
)
async def test_nobody_is_known_until_the_keys_are_had(
    provider: Provider, client: httpx.AsyncClient, answer: Response
) -> None:
    tokens = tokens_of(provider, client, keys_min_interval_s=0)
    provider.broken = answer
    with pytest.raises(ProviderUnavailable):
        await tokens.identify(provider.sign())

    provider.broken = None

    assert (await tokens.identify(provider.sign())).viewer.name == "ada"


async def test_a_configuration_of_another_issuer_is_not_believed(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    provider.named_issuer = "https://another.example.org"

    with pytest.raises(ProviderUnavailable):
        await tokens_of(provider, client).identify(provider.sign())


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
