"""The provider's keys are had when they are needed, whatever it does, and it is not asked too often."""

import asyncio
import gzip

import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from domain.json import JsonValue
from graph.authentication.authenticator import NotAuthenticated, ProviderUnavailable
from graph.authentication.tokens import BearerTokens
from tests.graph.authentication.provider import (
    CURVE,
    FIRST,
    SECOND,
    STRANGER,
    Provider,
    SigningKey,
    rsa_key,
    tokens_of,
)


async def name_of(tokens: BearerTokens, token: str) -> str:
    return (await tokens.identify(token)).viewer.name


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
    made_up = [provider.sign_with_header({"kid": f"made up {number}"}, STRANGER) for number in range(20)]

    outcomes = await asyncio.gather(*map(tokens.identify, made_up), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {NotAuthenticated}
    assert (provider.asked_for_configuration, provider.asked_for_keys) == (1, 1)


async def test_a_provider_that_is_down_is_asked_once_for_many_callers(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client)
    provider.broken = PlainTextResponse("down", status_code=503)

    outcomes = await asyncio.gather(
        *(tokens.identify(provider.sign()) for _ in range(20)), return_exceptions=True
    )

    assert {type(outcome) for outcome in outcomes} == {ProviderUnavailable}
    assert provider.asked_for_configuration == 1


async def test_a_provider_that_does_not_answer_is_given_up(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client, timeout_s=0.05)
    provider.answering.clear()

    with pytest.raises(ProviderUnavailable):
        await tokens.identify(provider.sign())

    provider.answering.set()


async def test_nobody_with_a_known_key_waits_for_a_slow_provider(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client, keys_max_age_s=0, keys_min_interval_s=0)
    await tokens.identify(provider.sign())
    await provider.asked.get()
    provider.answering.clear()

    async with asyncio.TaskGroup() as group:
        first = group.create_task(name_of(tokens, provider.sign()), name="first")
        await provider.asked.get()
        others = [await name_of(tokens, provider.sign()) for _ in range(3)]
        assert not first.done()
        provider.answering.set()

    assert (first.result(), others) == ("ada", ["ada"] * 3)


async def test_keys_that_are_no_public_keys_for_signatures_are_left_out(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    shared: JsonValue = {"kty": "oct", "kid": "first", "k": "c2VjcmV0", "alg": "HS256"}
    encryption: JsonValue = {**SECOND.published(), "use": "enc"}
    private: JsonValue = {**SECOND.published(), "d": "AQAB"}
    another: JsonValue = {**SECOND.published(), "alg": "RS512"}
    odd: list[JsonValue] = [{"kty": "RSA"}, {"kty": "XX", "kid": "x"}, {**SECOND.published(), "kid": ["x"]}]
    provider.extra_keys = [shared, encryption, private, another, *odd, None, {}]
    tokens = tokens_of(provider, client, keys_min_interval_s=0)

    assert await name_of(tokens, provider.sign()) == "ada"
    with pytest.raises(NotAuthenticated):
        await tokens.identify(provider.sign(SECOND))


async def test_keys_that_are_short_are_left_out(provider: Provider, client: httpx.AsyncClient) -> None:
    weak = rsa_key("weak", size=1024)
    provider.keys = [FIRST, weak]
    with pytest.warns(match="1024 bits"):
        token = provider.sign(weak)

    with pytest.raises(NotAuthenticated, match="a key that is not"):
        await tokens_of(provider, client).identify(token)


async def test_keys_of_one_id_are_told_apart_by_their_kind(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    curve = SigningKey(id="first", private=CURVE.private, algorithm="ES256")
    provider.keys = [FIRST, curve]
    tokens = tokens_of(provider, client)

    assert [await name_of(tokens, provider.sign(key)) for key in (FIRST, curve)] == ["ada", "ada"]


async def test_a_key_that_does_not_say_what_for_serves_what_it_can(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    stronger = SigningKey(id="first", private=FIRST.private, algorithm="PS384")
    published = FIRST.published()
    provider.keys = []
    provider.extra_keys = [{name: published[name] for name in ("kty", "kid", "n", "e")}]
    tokens = tokens_of(provider, client, algorithms=["RS256", "PS384"])

    assert [await name_of(tokens, provider.sign(key)) for key in (FIRST, stronger)] == ["ada", "ada"]


async def test_old_keys_serve_while_the_provider_is_gone(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    tokens = tokens_of(provider, client, keys_max_age_s=0, keys_min_interval_s=0)
    await tokens.identify(provider.sign())

    provider.broken = PlainTextResponse("down", status_code=503)

    assert await name_of(tokens, provider.sign()) == "ada"


async def test_old_keys_do_not_serve_for_ever(provider: Provider, client: httpx.AsyncClient) -> None:
    tokens = tokens_of(provider, client, keys_max_age_s=0, keys_stale_s=0, keys_retry_s=0)
    await tokens.identify(provider.sign())

    provider.broken = PlainTextResponse("down", status_code=503)

    with pytest.raises(ProviderUnavailable):
        await tokens.identify(provider.sign())


ANSWERS = {
    "down": PlainTextResponse("down", status_code=503),
    "no JSON": PlainTextResponse("not JSON"),
    "deep": PlainTextResponse("[" * 100_000),
    "another issuer": JSONResponse({"issuer": "https://another"}),
    "another shape": JSONResponse([]),
    "endless": PlainTextResponse(" " * 1_000_001),
    "packed": Response(gzip.compress(b" " * 100_000_000), headers={"content-encoding": "gzip"}),
    "elsewhere": RedirectResponse("/keys"),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
async def test_nobody_is_known_until_the_keys_are_had(
    provider: Provider, client: httpx.AsyncClient, answer: Response
) -> None:
    tokens = tokens_of(provider, client, keys_retry_s=0)
    provider.broken = answer
    with pytest.raises(ProviderUnavailable):
        await tokens.identify(provider.sign())
    assert provider.asked_for_keys == 0

    provider.broken = None

    assert await name_of(tokens, provider.sign()) == "ada"


@pytest.mark.parametrize(
    "address",
    ["http://provider.example.org/keys", "file:///etc/passwd", "//keys", "http://[", "/keys", ""],
)
async def test_keys_are_only_read_where_nobody_can_change_them(
    provider: Provider, client: httpx.AsyncClient, address: str
) -> None:
    provider.keys_address = address or " "

    with pytest.raises(ProviderUnavailable):
        await tokens_of(provider, client).identify(provider.sign())


@pytest.mark.parametrize("named", ["https://another.example.org", "{}/", ""])
async def test_a_configuration_of_another_issuer_is_not_believed(
    provider: Provider, client: httpx.AsyncClient, named: str
) -> None:
    provider.named_issuer = named.format(provider.issuer) or " "

    with pytest.raises(ProviderUnavailable):
        await tokens_of(provider, client).identify(provider.sign())


async def test_an_issuer_may_end_in_a_slash(provider: Provider, client: httpx.AsyncClient) -> None:
    issuer = f"{provider.issuer}/"
    provider.named_issuer = issuer
    tokens = tokens_of(provider, client, issuer=issuer)

    assert await name_of(tokens, provider.sign(iss=issuer)) == "ada"
    with pytest.raises(NotAuthenticated, match="not issued by"):
        await tokens.identify(provider.sign())
