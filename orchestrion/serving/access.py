"""Who may reach the server, from the settings."""

from collections.abc import Mapping, Sequence

from graph.authentication.loopback import NotLoopback, require_loopback
from graph.authentication.settings import ROLES, InvalidOidcSettings, OidcSettings
from graph.limits import DocumentLimits, VariableLimits
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
    return GraphSettings(
        host=settings.host,
        oidc=oidc,
        allowed_origins=settings.allowed_origins,
        access_policy_limit_s=settings.access_policy_timeout_s,
        access_policy_again_s=settings.access_policy_again_s,
        directory_limit_s=settings.directory_timeout_s,
        environment=settings.environment,
        introspection=settings.introspection,
        graphiql=settings.graphiql,
        max_body_bytes=settings.max_body_bytes,
        max_query_string_bytes=settings.max_query_string_bytes,
        body_timeout_s=settings.body_timeout_s,
        document=_document_limits(settings),
        variables=VariableLimits(values=settings.max_variable_values, depth=settings.max_variable_depth),
        max_cost=settings.max_cost,
        max_list_entries=settings.max_list_entries,
        max_errors=settings.max_errors,
        operation_timeout_s=settings.operation_timeout_s,
        socket_init_timeout_s=settings.socket_init_timeout_s,
        operations_of_caller=settings.operations_of_caller,
        operations_per_socket=settings.operations_per_socket,
        max_streams=settings.max_streams,
        max_streams_of_caller=settings.max_streams_of_caller,
        stream_keep_alive_s=settings.stream_keep_alive_s,
        default_page_size=settings.default_page_size,
        max_page_size=settings.max_page_size,
        filter_limit_s=settings.filter_timeout_s,
    )


def _document_limits(settings: Settings) -> DocumentLimits:
    return DocumentLimits(
        tokens=settings.max_tokens,
        definitions=settings.max_definitions,
        depth=settings.max_depth,
        fields=settings.max_fields,
        repeats=settings.max_repeats,
        aliases=settings.max_aliases,
        aliases_of_field=settings.max_aliases_of_field,
        directives=settings.max_directives,
        directives_at_once=settings.max_directives_at_once,
        mutations=settings.max_mutations,
        values=settings.max_literals,
    )


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
