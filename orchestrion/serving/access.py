"""Who may reach the server, from the settings."""

from collections.abc import Mapping, Sequence

from graph.authentication.loopback import NotLoopback, require_loopback
from graph.authentication.settings import ROLES, InvalidOidcSettings, OidcSettings
from graph.permissions import Permission
from graph.settings import GraphSettings
from orchestrion.failures import StartFailed
from orchestrion.settings import Settings


def graph_settings(settings: Settings) -> GraphSettings:
    """The server's part of the settings.

    Raises:
        StartFailed: If other machines could reach it and nobody has to sign in, or what is said of the
            identity provider cannot be.
    """
    try:
        oidc = _oidc_settings(settings)
        if oidc is None:
            require_loopback(settings.host)
    except (NotLoopback, InvalidOidcSettings) as error:
        raise StartFailed(str(error)) from error
    return GraphSettings(host=settings.host, oidc=oidc, allowed_origins=settings.allowed_origins)


def _oidc_settings(settings: Settings) -> OidcSettings | None:
    if settings.oidc_issuer is None:
        return None
    return OidcSettings(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        algorithms=settings.oidc_algorithms,
        leeway_s=settings.oidc_leeway_s,
        name_claim=settings.oidc_name_claim,
        roles_claim=settings.oidc_roles_claim,
        roles=ROLES if settings.oidc_roles is None else _roles(settings.oidc_roles),
        customers_claim=settings.oidc_customers_claim,
        all_customers_roles=settings.oidc_all_customers_roles,
    )


def _roles(named: Mapping[str, Sequence[str]]) -> Mapping[str, frozenset[Permission]]:
    """What each role allows.

    Raises:
        InvalidOidcSettings: If a permission is unknown.
    """
    known = {permission.name for permission in Permission}
    unknown = sorted({name for names in named.values() for name in names} - known)
    if unknown:
        raise InvalidOidcSettings(
            f"found the permissions {', '.join(unknown)}, expected some of {', '.join(sorted(known))}"
        )
    return {role: frozenset(Permission[name] for name in names) for role, names in named.items()}
