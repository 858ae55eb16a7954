"""Timings under which a worker keeps its leases."""

import pytest

from engine.settings import EngineSettings


def test_the_timings_are_those_of_a_recovery_within_seconds() -> None:
    settings = EngineSettings()

    assert (settings.lease_s, settings.heartbeat_s, settings.reconcile_s) == (5.0, 1.5, 2.0)


def test_a_lease_shorter_than_two_heartbeats_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lease_s is 2.9, expected at least twice heartbeat_s \(1.5\)"):
        EngineSettings(lease_s=2.9)


def test_a_worker_without_threads_is_refused() -> None:
    with pytest.raises(ValueError, match="thread_pool_size is 0, expected more than 0"):
        EngineSettings(thread_pool_size=0)
