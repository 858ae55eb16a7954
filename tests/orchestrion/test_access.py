"""Who may reach the server, from the settings."""

from dataclasses import fields

import pytest

from graph.authentication.settings import ROLES
from graph.limits import DocumentLimits, VariableLimits
from graph.permissions import Permission
from graph.settings import GraphSettings
from orchestrion.failures import StartFailed
from orchestrion.limits import LimitSettings
from orchestrion.serving.access import graph_settings
from orchestrion.settings import Settings

ISSUER = "https://login.example.org/realms/network"


def test_without_a_provider_the_server_is_for_this_machine_alone() -> None:
    settings = graph_settings(Settings(host="127.0.0.1"))

    assert (settings.oidc, settings.host) == (None, "127.0.0.1")
    with pytest.raises(StartFailed, match="without authentication the server only listens"):
        graph_settings(Settings(host="0.0.0.0"))  # noqa: S104  # refused


def test_with_a_provider_it_may_be_reached_from_anywhere() -> None:
    settings = graph_settings(
        Settings(host="0.0.0.0", oidc_issuer=ISSUER, oidc_audience="orders")  # noqa: S104  # closed to strangers
    )

    assert settings.oidc is not None
    assert (settings.oidc.issuer, settings.oidc.audience, settings.oidc.roles) == (ISSUER, "orders", ROLES)


def test_the_environment_says_what_roles_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRION_OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("ORCHESTRION_OIDC_ROLES_CLAIM", "realm_access.roles")
    monkeypatch.setenv("ORCHESTRION_OIDC_ROLES", '{"noc": ["CONNECT", "READ_PROCESSES"]}')
    monkeypatch.setenv("ORCHESTRION_OIDC_ALL_CUSTOMERS_ROLES", '["noc"]')
    monkeypatch.setenv("ORCHESTRION_ALLOWED_ORIGINS", '["https://portal.example.org"]')

    settings = graph_settings(Settings())

    assert settings.oidc is not None
    assert settings.oidc.roles == {"noc": frozenset({Permission.CONNECT, Permission.READ_PROCESSES})}
    assert (settings.oidc.roles_claim, settings.oidc.all_customers_roles) == (
        "realm_access.roles",
        frozenset({"noc"}),
    )
    assert settings.allowed_origins == frozenset({"https://portal.example.org"})


def test_the_environment_says_how_long_a_directory_of_customers_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORCHESTRION_DIRECTORY_TIMEOUT_S", "1.5")

    assert graph_settings(Settings()).directory_limit_s == 1.5


def test_the_environment_names_the_place_the_server_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRION_ENVIRONMENT", "staging")

    assert graph_settings(Settings()).environment == "staging"


def test_the_environment_says_how_long_an_access_policy_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRION_ACCESS_POLICY_TIMEOUT_S", "1.5")
    monkeypatch.setenv("ORCHESTRION_ACCESS_POLICY_AGAIN_S", "10")

    settings = graph_settings(Settings())

    assert (settings.access_policy_limit_s, settings.access_policy_again_s) == (1.5, 10)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"oidc_issuer": "http://login.example.org"}, "begins with https://"),
        ({"oidc_audience": ""}, "found no audience"),
        ({"oidc_algorithms": ("HS256",)}, r"found the signature algorithms \['HS256'\]"),
        ({"oidc_roles": {"noc": ("FLY", "CONNECT")}}, "found the permissions FLY, expected some of"),
    ],
)
def test_what_cannot_be_is_refused_before_the_server_starts(changed: dict[str, object], message: str) -> None:
    with pytest.raises(StartFailed, match=message):
        graph_settings(Settings.model_validate({"oidc_issuer": ISSUER, **changed}))


def test_the_limits_of_the_settings_are_those_of_the_server() -> None:
    assert graph_settings(Settings()) == GraphSettings()


def test_every_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Settings()
    for number, (name, field) in enumerate(LimitSettings.model_fields.items()):
        value = not field.default if isinstance(field.default, bool) else number + 1
        monkeypatch.setenv(f"ORCHESTRION_{name.upper()}", str(value))
    monkeypatch.setenv("ORCHESTRION_DEFAULT_PAGE_SIZE", "1")

    changed = graph_settings(Settings())

    same = _leaves(graph_settings(usual)).items() & _leaves(changed).items()
    assert {name for name, _ in same} == {
        "host",
        "oidc",
        "allowed_origins",
        "access_policy_limit_s",
        "access_policy_again_s",
        "directory_limit_s",
        "environment",
        "stream_close_timeout_s",
    }


def test_a_usual_page_cannot_be_longer_than_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRION_DEFAULT_PAGE_SIZE", "201")

    with pytest.raises(
        ValueError, match="found a default page size of 201, expected at most the greatest, 200"
    ):
        Settings()


def _leaves(settings: GraphSettings) -> dict[str, object]:
    """All values, those of the parts under their own names."""
    found: dict[str, object] = {}
    for name, value in vars_of(settings):
        match value:
            case DocumentLimits() | VariableLimits():
                found |= {f"{name}.{inner}": each for inner, each in vars_of(value)}
            case _:
                found[name] = value
    return found


def vars_of(record: GraphSettings | DocumentLimits | VariableLimits) -> list[tuple[str, object]]:
    return [(each.name, getattr(record, each.name)) for each in fields(record)]
