"""Fill an empty database with the made subscriptions; tells what was written and how long it took."""

import asyncio
from typing import Annotated

import typer

from bench.seeding.plan import FEWEST
from bench.seeding.populate import MOST, SUBSCRIPTIONS, populate


def main(
    dsn: Annotated[str, typer.Argument(help="The address of an empty database.")],
    subscriptions: Annotated[int, typer.Option(min=FEWEST, max=MOST)] = SUBSCRIPTIONS,
) -> None:
    """Fill an empty database."""
    seeding = asyncio.run(populate(dsn, subscriptions=subscriptions))
    for table, rows in seeding.rows.items():
        print(f"{table:24}{rows:10,} rows")
    print(f"schema and catalogue    {seeding.prepare_s:10.1f} s")
    print(f"rows                    {seeding.fill_s:10.1f} s")
    print(f"indexes and statistics  {seeding.finish_s:10.1f} s")


if __name__ == "__main__":
    typer.run(main)
