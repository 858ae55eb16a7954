import asyncio
import json
import re
from pathlib import Path

from tests.clients.sample import Sample
from tests.clients.screens import FILES
from tests.clients.tools import (
    HERE,
    PYTHON,
    SCHEMA,
    find_node,
    needs_environment,
    needs_packages,
    program,
    run,
)

NAMED = re.compile(r"^(query|mutation|subscription|fragment) (\w+)", re.MULTILINE)
COMPILE = (
    "--noEmit",
    "--strict",
    "--noUncheckedIndexedAccess",
    "--exactOptionalPropertyTypes",
    *("--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"),
)
RELAY = {
    "src": "./src",
    "schema": "./schema.graphql",
    "language": "typescript",
    "artifactDirectory": "./made",
    "customScalarTypes": {
        "BigInt": "string",
        "DateTime": "string",
        "IPv4Address": "string",
        "IPv4Network": "string",
        "JSON": "unknown",
    },
}
ARIADNE = """
[tool.ariadne-codegen]
schema_path = "{schema}"
queries_path = "{operations}"
target_package_name = "screens"
target_package_path = "."
"""
PYTHON_CLIENT = """
import asyncio, sys
import screens


async def main() -> None:
    async with screens.Client(sys.argv[1]) as client:
        workflow = (await client.start_wizard_query(workflow="create_node")).workflow
        listed = await client.subscriptions_query()
        start = await client.settings_query()
        print(workflow.name, workflow.target.value, listed.subscriptions.total_count, start.engine.status)


asyncio.run(main())
"""


@needs_packages
def test_graphql_code_generator_makes_types_that_a_frontend_can_be_written_against(tmp_path: Path) -> None:
    (tmp_path / "screens.ts").write_text((HERE / "screens.ts").read_text())

    run(find_node(), HERE / "generate.mjs", SCHEMA, tmp_path, *FILES, folder=HERE)

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["operations.ts", "schema.ts", "screens.ts"]
    assert _types_of_operations(tmp_path / "operations.ts") == _names("query", "mutation", "subscription")
    run(program("tsc"), *COMPILE, *files, folder=HERE)


@needs_packages
def test_relay_compiles_the_screens_and_fetches_pages_again(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "made").mkdir()
    (tmp_path / "schema.graphql").write_text(SCHEMA.read_text())
    (tmp_path / "relay.config.json").write_text(json.dumps(RELAY))
    for file in (*FILES, HERE / "paging.graphql"):
        _write_module(tmp_path / "src", file)

    run(program("relay-compiler"), "relay.config.json", folder=tmp_path)

    made = {file.name.removesuffix(".graphql.ts") for file in (tmp_path / "made").iterdir()}
    paging = {"PagingQuery", "PagingAllQuery", "PagingSubscriptionQuery", "Paging_all", "Paging_subscription"}
    assert made == _names("query", "mutation", "subscription", "fragment") | paging


@needs_environment
def test_ariadne_makes_a_python_client_that_can_be_imported(tmp_path: Path) -> None:
    _make_python_client(tmp_path)

    printed = run(PYTHON, "-W", "error", "-c", "import screens; print(*dir(screens))", folder=tmp_path)

    assert _names("query", "mutation", "subscription") - set(printed.split()) == set()


@needs_environment
async def test_the_python_client_reads_what_the_sample_answers(sample: Sample, tmp_path: Path) -> None:
    _make_python_client(tmp_path)

    printed = await asyncio.to_thread(
        run, PYTHON, "-W", "error", "-c", PYTHON_CLIENT, sample.url, folder=tmp_path
    )

    assert printed == "create_node CREATE 0 EngineStatus.RUNNING\n"


def _make_python_client(folder: Path) -> None:
    """Makes the package `screens` in a folder."""
    settings = ARIADNE.format(schema=SCHEMA, operations=FILES[0].parent)
    (folder / "pyproject.toml").write_text(settings)
    run(PYTHON, "-m", "ariadne_codegen", folder=folder)


def _names(*kinds: str) -> set[str]:
    """What the screens' operations or fragments are called."""
    text = "\n".join(file.read_text() for file in FILES)
    return {name for kind, name in NAMED.findall(text) if kind in kinds}


def _types_of_operations(file: Path) -> set[str]:
    """The operations that have types for their variables and for their answer."""
    types = set(re.findall(r"^export type (\w+) =", file.read_text(), re.MULTILINE))
    return {name for name in types if f"{name}Variables" in types}


def _write_module(folder: Path, file: Path) -> None:
    """Puts the operations where Relay looks for them: in a module that gives its name to theirs."""
    name = file.stem.title().replace("_", "")
    (folder / f"{name}.ts").write_text(
        f'import {{ graphql }} from "relay-runtime";\n\ngraphql`\n{file.read_text()}`;\n'
    )
