"""Kinds of failure by exception class, and what refusals say."""

from uuid import UUID

import pytest

from domain.ids import ProcessId, SubscriptionId
from engine.errors import (
    ApiUnavailable,
    FieldError,
    InconsistentData,
    InvalidInput,
    Refusal,
    WorkflowChanged,
    WorkflowNotFound,
    WrongStatus,
    failure_kind,
)
from engine.states import FailureKind, ProcessStatus
from tests.parity import parity

PROCESS = ProcessId(UUID(int=1))
SUBSCRIPTION = SubscriptionId(UUID(int=2))


class ControllerDown(ApiUnavailable):
    pass


class InconsistentDataByName(Exception):  # a name decides nothing
    pass


@parity("WE-16")
@parity("WE-16", mends="subclasses")
@parity("W-13")
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InconsistentData("x"), FailureKind.INCONSISTENT_DATA),
        (AssertionError("x"), FailureKind.INCONSISTENT_DATA),
        (ApiUnavailable("x"), FailureKind.API_UNAVAILABLE),
        (ControllerDown("x"), FailureKind.API_UNAVAILABLE),
        (TimeoutError("x"), FailureKind.TIMEOUT),
        (WorkflowChanged("create_port", key="gone"), FailureKind.WORKFLOW_CHANGED),
        (InconsistentDataByName("x"), FailureKind.ERROR),
        (ValueError("InconsistentData"), FailureKind.ERROR),
    ],
)
def test_the_kind_of_a_failure_follows_from_the_class_of_its_error(
    error: Exception, expected: FailureKind
) -> None:
    assert failure_kind(error) is expected


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (
            InvalidInput([FieldError(path=("pages", 0, "speed"), message="Too slow", code="x")]),
            "pages.0.speed: Too slow",
        ),
        (
            WorkflowNotFound("create_prot", close_matches=["create_port"]),
            "there is no workflow 'create_prot'; did you mean create_port?",
        ),
        (
            WrongStatus(
                PROCESS, found=ProcessStatus.COMPLETED, expected=[ProcessStatus.WAITING, ProcessStatus.FAILED]
            ),
            f"process {PROCESS} is COMPLETED, expected FAILED or WAITING",
        ),
    ],
)
def test_a_refusal_says_what_was_found_and_what_was_expected(refusal: Refusal, message: str) -> None:
    assert str(refusal) == message
