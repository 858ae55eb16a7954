import pytest

from graph.authentication.loopback import NotLoopback, require_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_addresses_are_taken(host: str) -> None:
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "localhost.example.org"])  # noqa: S104  # refused
def test_every_other_address_is_refused(host: str) -> None:
    with pytest.raises(NotLoopback, match="without authentication the server only listens"):
        require_loopback(host)
