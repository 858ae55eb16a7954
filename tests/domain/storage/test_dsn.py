import pytest

from domain.storage.dsn import InvalidDsn, normalise_dsn


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://user@host/name", "postgresql://user@host/name"),
        ("postgres://user:p%40ss@host:5433/name", "postgresql://user:p%40ss@host:5433/name"),
        ("postgresql+asyncpg://user@host/name", "postgresql://user@host/name"),
        (
            "postgresql+psycopg://user@host/name?sslmode=require",
            "postgresql://user@host/name?sslmode=require",
        ),
        ("postgresql:///name?host=/run/x", "postgresql:///name?host=%2Frun%2Fx"),
        ("postgresql://host/name?connect_timeout=3", "postgresql://host/name"),
        (
            "host=/run/x port=5433 dbname='my name' user=me password='it\\'s'",
            "postgresql:///my%20name?host=%2Frun%2Fx&port=5433&user=me&password=it%27s",
        ),
        ("host=name hostaddr=10.0.0.1 dbname=x", "postgresql:///x?host=10.0.0.1"),
    ],
)
def test_every_usual_form_becomes_a_url(address: str, expected: str) -> None:
    assert normalise_dsn(address) == expected


@pytest.mark.parametrize("address", ["", "mysql://user:secret@host/name", "secret", "host= name='x"])
def test_another_form_is_refused_without_being_shown(address: str) -> None:
    with pytest.raises(InvalidDsn) as refused:
        normalise_dsn(address)

    assert "secret" not in str(refused.value)
