"""Who may reach the server, from the settings."""

import pytest

from graph.authentication.settings import ROLES
from graph.permissions import Permission
from orchestrion.failures import StartFailed
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
