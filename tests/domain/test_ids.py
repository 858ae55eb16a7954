from datetime import UTC, datetime

from domain.ids import new_uuid7

INSTANT = datetime(2026, 11, 23, 6, 7, 25, 878_500, tzinfo=UTC)
INSTANT_NS = 1_795_414_045_878_500_000


def test_an_id_has_the_version_the_variant_and_the_time() -> None:
    made = new_uuid7(clock_ns=lambda: INSTANT_NS, random_bytes=lambda size: b"\xff" * size)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(INSTANT.timestamp() * 1000)
    assert str(made) == "01a20704-34b6-7800-bfff-ffffffffffff"


def test_ids_sort_by_the_fraction_of_the_millisecond() -> None:
    times = range(INSTANT_NS, INSTANT_NS + 1_000_000, 1_000)

    made = [new_uuid7(clock_ns=lambda time=time: time) for time in times]

    assert made == sorted(made)
