"""What `orchestrion demo` does."""

import asyncio
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.prompt import Prompt

from orchestrion.demo.answers import Form
from orchestrion.demo.connection import GraphQLConnection
from orchestrion.demo.display import Display
from orchestrion.demo.failures import DemoFailure
from orchestrion.demo.sample import Sample
from orchestrion.demo.story import tell
from orchestrion.demo.telling import Telling

PATIENCE_S = 60.0
"""How long a server that went away is waited for."""

STORY_LIMIT_S = 300.0
"""Without a person the story is over long before."""


def run_demo(url: str, *, interactive: bool = False, patience_s: float = PATIENCE_S) -> int:
    """Play the sample's story against a running server, by its public API alone.

    Args:
        url: The server's GraphQL URL.
        interactive: Ask whoever started it to fill in forms, instead of filling them in.
        patience_s: How long a server that goes away in the middle is waited for.

    Returns:
        The exit code: 0 when the story came to its end, 1 when it did not, with the reason on standard error.
    """
    try:
        asyncio.run(_play(url, interactive=interactive, patience_s=patience_s))
    except DemoFailure as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except TimeoutError:
        sys.stderr.write(
            f"The story did not come to its end within {STORY_LIMIT_S:g} s. Is a worker running?\n"
        )
        return 1
    return 0


async def _play(url: str, *, interactive: bool, patience_s: float) -> None:
    console = Console()
    display = Display(console)

    def say_that_it_dropped() -> None:
        display.remark("The connection dropped; waiting for the server to come back.")

    async def ask(form: Form, suggestions: Mapping[str, str]) -> dict[str, str]:
        try:
            return await asyncio.to_thread(_ask, console, form, suggestions)
        except EOFError as error:
            raise DemoFailure(f"Nobody filled in the form {form.title!r}.") from error

    async def accept(_: Form, suggestions: Mapping[str, str]) -> dict[str, str]:
        for name, answer in suggestions.items():
            display.remark(f"  -> {name}: {answer}")
        return dict(suggestions)

    async with (
        asyncio.timeout(None if interactive else STORY_LIMIT_S),
        GraphQLConnection(url, patience_s=patience_s, on_drop=say_that_it_dropped) as connection,
    ):
        await tell(Telling(Sample(connection), display=display, fill_in=ask if interactive else accept))


def _ask(console: Console, form: Form, suggestions: Mapping[str, str]) -> dict[str, str]:
    return {
        name: Prompt.ask(field.title, console=console, default=suggestions.get(name, ""))
        for name, field in form.schema_.properties.items()
    }
