"""What the pages tell people to type and to set is there, and all that is there is told."""

import re

import pytest
from typer import Typer
from typer.models import CommandInfo

from orchestrion.cli import command_line
from orchestrion.limits import LimitSettings
from orchestrion.settings import Settings
from tests.docs.project import DECISIONS, ROOT, table_column, table_rows

OPERATIONS = ROOT / "docs" / "operations.md"
MADE_FOR_CHILD_PROCESSES = {"ORCHESTRION_PARENT_PIPE"}


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/operations.md"]
)
def test_every_make_command_of_a_page_is_a_target(page: str) -> None:
    told = set(re.findall(r"(?:^|`|\$ )make ([a-z][a-z-]*)", (ROOT / page).read_text(), re.MULTILINE))

    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert told - targets == set()
    assert told != set()


def test_the_operations_page_tells_every_command_of_the_command_line() -> None:
    told = {
        " ".join(word for word in command.split()[1:] if word.isalpha())
        for command in table_column(OPERATIONS, "command")
    }

    assert told == set(_commands())


def test_the_operations_page_tells_every_setting() -> None:
    told = [*table_column(OPERATIONS, "setting"), *table_column(OPERATIONS, "limit")]

    prefix = Settings.model_config.get("env_prefix", "")
    settings = {
        "DATABASE_URL" if name == "database_url" else f"{prefix}{name.upper()}"
        for name in Settings.model_fields
    }
    assert sorted(told) == sorted(settings - MADE_FOR_CHILD_PROCESSES)


def test_the_operations_page_tells_the_limits_as_they_are() -> None:
    rows = [row.split("|") for row in table_rows(OPERATIONS, "limit")]

    told = {cells[1].strip(" `"): cells[2].strip(" `") for cells in rows}

    assert told == {
        f"ORCHESTRION_{name.upper()}": str(field.default)
        for name, field in LimitSettings.model_fields.items()
    }


def test_every_runtime_dependency_has_its_reason_in_a_decision() -> None:
    wanted = re.findall(r"^([a-z][\w-]*)", (ROOT / "requirements" / "runtime.in").read_text(), re.MULTILINE)

    reasons = re.findall(
        r"^\| ([a-z][\w-]*) \| ", "\n".join(page.read_text() for page in DECISIONS), re.MULTILINE
    )

    assert sorted(reasons) == sorted(wanted)


def _commands(commands: Typer = command_line, *, group: str = "") -> list[str]:
    """The full names of the commands, groups opened: `serve`, `db upgrade`."""
    names = [f"{group}{_name(command)}" for command in commands.registered_commands]
    for part in commands.registered_groups:
        assert part.typer_instance is not None
        names += _commands(part.typer_instance, group=f"{part.name} ")
    return names


def _name(command: CommandInfo) -> str:
    """A command without a name of its own has its function's."""
    assert command.callback is not None
    return command.name or command.callback.__name__
