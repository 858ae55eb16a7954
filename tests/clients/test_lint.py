import json
import subprocess

from tests.clients.tools import HERE, ROOT, needs_packages, program, run

CONFIG = HERE / "eslint.config.mjs"


@needs_packages
def test_the_schema_keeps_the_recommended_rules_and_relays() -> None:
    printed = run(program("eslint"), "--config", CONFIG, "--max-warnings", "0", "schema.graphql", folder=ROOT)

    assert printed == ""


@needs_packages
def test_the_rules_are_in_force() -> None:
    schema = "type lower { a(First: Int): Things } type ThingConnection { node: Int }"

    linted = subprocess.run(
        [
            program("eslint"),
            "--config",
            CONFIG,
            "--format",
            "json",
            "--stdin",
            "--stdin-filename",
            "schema.graphql",
        ],
        cwd=ROOT,
        input=schema,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    [file] = json.loads(linted.stdout)
    assert {message["ruleId"] for message in file["messages"]} == {
        "@graphql-eslint/known-type-names",
        "@graphql-eslint/naming-convention",
        "@graphql-eslint/no-unreachable-types",
        "@graphql-eslint/relay-connection-types",
        "@graphql-eslint/require-description",
        "@graphql-eslint/strict-id-in-types",
        "argued/unused",
    }
