import pytest

from graph.authentication.loopback import NotLoopback, is_loopback_name, require_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_addresses_are_taken(host: str) -> None:
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "localhost.example.org"])  # noqa: S104  # refused
def test_every_other_address_is_refused(host: str) -> None:
    with pytest.raises(NotLoopback, match="without authentication the server only listens"):
        require_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:80", "[::1]:8000"]
)
def test_names_of_this_machine_are_known(host: str | None) -> None:
    assert is_loopback_name(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost.",
        "localhost@evil.example",
        "127.0.0.1.evil.example",
        "evil.example:127",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0.0.0.0",  # noqa: S104  # refused
        "[::ffff:192.0.2.1]",
        "[::1",
        "[localhost]",
        "evil.example#localhost",
        "localhost, evil.example",
    ],
)
def test_no_other_name_is_taken_for_this_machine(host: str) -> None:
    assert not is_loopback_name(host)
