"""One form for the many ways to write where a PostgreSQL database is."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from domain.errors import DomainError

# Keys that libpq and SQLAlchemy's dialects take from an address, and that asyncpg would send to the server.
_CLIENT_ONLY = frozenset(
    {
        "async_fallback",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "prepared_statement_cache_size",
        "prepared_statement_name_func",
        "require_auth",
        "sslcertmode",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)
_SCHEME = re.compile(r"(?P<scheme>[a-z]+)(\+[a-z0-9_]+)?://(?P<rest>.*)", re.DOTALL)
_LIBPQ_PAIR = re.compile(
    r"""\s*(?P<key>[a-z_]+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<bare>(?:[^\s'\\]|\\.)*))(?:\s+|$)"""
)
_SCHEMES = frozenset({"postgres", "postgresql"})


class InvalidDsn(DomainError):
    """An address is in none of PostgreSQL's usual forms; the message hides it, as it may hold a password."""


def normalise_dsn(address: str) -> str:
    """The address as a ``postgresql://`` URL that asyncpg takes.

    Takes the schemes ``postgres``, ``postgresql`` and SQLAlchemy's ``postgresql+driver``, sockets named by a
    ``host`` in the query, and libpq's ``key=value`` form. What only other clients understand is left out.

    Raises:
        InvalidDsn: for anything else.
    """
    text = address.strip()
    match = _SCHEME.match(text)
    if match is None:
        return _from_libpq(text)
    if match["scheme"] not in _SCHEMES:
        raise InvalidDsn(f"found the scheme {match['scheme']!r}, expected postgresql")
    url = f"postgresql://{match['rest']}"
    parts = urlsplit(url)
    if not parts.query:
        return url
    query = _query(dict(parse_qsl(parts.query)))
    return f"postgresql://{parts.netloc}{parts.path}?{query}".rstrip("?")


def shown(address: str) -> str:
    """Where a database is, for people: host, port and name, without user and password.

    Raises:
        InvalidDsn: as `normalise_dsn`.
    """
    parts = urlsplit(normalise_dsn(address))
    query = dict(parse_qsl(parts.query))
    host = parts.hostname or query.get("host", "localhost")
    port = parts.port or query.get("port", "5432")
    return f"{host}:{port}{parts.path}"


def _from_libpq(text: str) -> str:
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        pair = _LIBPQ_PAIR.match(text, position)
        if pair is None:
            raise InvalidDsn("expected postgresql://user@host/database or libpq's key=value pairs")
        value = pair["quoted"] if pair["quoted"] is not None else pair["bare"]
        values[pair["key"]] = re.sub(r"\\(.)", r"\1", value)
        position = pair.end()
    if not values:
        raise InvalidDsn("found nothing, expected postgresql://user@host/database or libpq's key=value pairs")
    database = values.pop("dbname", "")
    host_address = values.pop("hostaddr", None)
    if host_address is not None:
        values["host"] = host_address
    return f"postgresql:///{quote(database, safe='')}?{_query(values)}".rstrip("?")


def _query(values: dict[str, str]) -> str:
    return urlencode({key: value for key, value in values.items() if key not in _CLIENT_ONLY})
