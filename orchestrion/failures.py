"""The failures a person at the command line can act on, and how they are told."""

import sys

from asyncpg.exceptions import PostgresError, UndefinedColumnError, UndefinedTableError
from pydantic import ValidationError

from domain.errors import DomainError
from engine.errors import EngineError
from orchestrion.application import ApplicationNotFound, ExtensionNotFound
from orchestrion.shadowing import ShadowedPackage


class StartFailed(Exception):
    """The server cannot be started as asked; the message says what was found and what was expected."""


EXPECTED_FAILURES = (
    DomainError,
    EngineError,
    ApplicationNotFound,
    ExtensionNotFound,
    ShadowedPackage,
    StartFailed,
    PostgresError,
    ConnectionError,
    TimeoutError,
    ValidationError,
    BaseExceptionGroup,
)


def report_failure(failure: Exception | BaseExceptionGroup[BaseException]) -> int:
    """Say a failure on standard error in one line each; groups are told member by member.

    Raises:
        BaseException: What nobody expected in a group is raised again, with its traceback.

    Returns:
        The exit code, 1.
    """
    if isinstance(failure, BaseExceptionGroup):
        group: BaseExceptionGroup[BaseException] = failure
        expected, unexpected = group.split(EXPECTED_FAILURES[:-1])
        if unexpected is not None or expected is None:
            raise group
        for member in expected.exceptions:
            report_failure(member)
    elif isinstance(failure, UndefinedTableError | UndefinedColumnError):
        sys.stderr.write(f"orchestrion: {failure}: run `orchestrion db upgrade` first\n")
    else:
        sys.stderr.write(f"orchestrion: {failure}\n")
    return 1
