"""`python -m examples.network.controller`."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from examples.network.controller.app import create_app
from examples.network.controller.serving import serve_on_loopback


def main(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on the loopback interface; 0: any free one.")
    ] = 8711,
    delay: Annotated[float, typer.Option(min=0, help="Seconds that a device takes to be configured.")] = 0.3,
    state: Annotated[Path | None, typer.Option(help="File in which the state survives a restart.")] = None,
    exit_with_parent: Annotated[
        bool, typer.Option("--exit-with-parent", help="End when standard input is closed.")
    ] = False,
) -> None:
    """Run the sample's network controller."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = create_app(state_path=state, delay=timedelta(seconds=delay))
    asyncio.run(serve_on_loopback(app, port=port, exit_with_parent=exit_with_parent))


if __name__ == "__main__":
    typer.run(main)
