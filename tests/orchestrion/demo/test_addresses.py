import pytest

from orchestrion.demo.websocket import socket_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000/graphql", "ws://127.0.0.1:8000/graphql"),
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/graphql"),
        ("https://api.example/", "wss://api.example/graphql"),
        ("https://api.example/network/graphql", "wss://api.example/network/graphql"),
    ],
)
def test_the_demo_finds_the_api_of_a_server_by_its_address_alone(url: str, expected: str) -> None:
    assert socket_url(url) == expected
