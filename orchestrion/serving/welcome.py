"""What a person at the terminal is told when the server takes requests."""

from orchestrion.settings import SAMPLE_APPLICATION, Settings

_EXAMPLE = "{ products { nodes { name description } } }"


def welcome(url: str, settings: Settings) -> str:
    """The addresses, what to try, who may reach the server, and how to end it; one fact per line.

    Args:
        url: The server's HTTP URL, without a path.
        settings: What the server was started with.
    """
    lines = [
        ("GraphiQL", f"{url}/"),
        ("GraphQL", f"{url}/graphql (HTTP, WebSocket, server-sent events)"),
        ("Try", f"curl --get {url}/graphql --data-urlencode 'query={_EXAMPLE}'"),
    ]
    if settings.app == SAMPLE_APPLICATION:
        lines.append(("Demo", f"make demo ARGS={url}/graphql (in another terminal)"))
    lines += [
        ("Data", _whereabouts(settings)),
        ("Access", _access(settings)),
        ("Stop", "Ctrl-C"),
    ]
    return "\n" + "".join(f"  {title:<10}{text}\n" for title, text in lines) + "\n"


def _access(settings: Settings) -> str:
    if settings.oidc_issuer is not None:
        return f"by bearer tokens of {settings.oidc_issuer}, for {settings.oidc_audience!r}"
    return "open, for development: nobody signs in, everything is permitted, to this machine only"


def _whereabouts(settings: Settings) -> str:
    """Where the data is; of a database's address nothing, as it may hold a password."""
    if settings.database_url is not None:
        return "in the database of DATABASE_URL"
    return f"in {settings.data.absolute()}, kept after the end"
