import subprocess
import sys
from pathlib import Path

import pytest

from examples.network.app import app as sample
from graph.extending.extension import NO_EXTENSION
from orchestrion import Catalog, Registry
from orchestrion.application import Application, ApplicationNotFound, ExtensionNotFound, load_application
from orchestrion.extension import load_extension
from orchestrion.settings import SAMPLE_APPLICATION
from tests.parity import parity

LOADED_BY_A_WORKER = f"""
import sys
from orchestrion.worker import load_application
load_application("{SAMPLE_APPLICATION}")
print(sorted(sys.modules))
"""


def test_the_sample_is_an_application() -> None:
    assert load_application(SAMPLE_APPLICATION) is sample


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("examples.network.app", "not of that form"),
        ("examples.network.app:", "not of that form"),
        (":app", "not of that form"),
        ("no_such_package.app:app", "no module named 'no_such_package'"),
        ("examples.network.missing:app", "no module named 'examples.network.missing'"),
        ("examples.network.app:missing", "examples.network.app.missing is a NoneType"),
        ("examples.network.sites:SITES", "examples.network.sites.SITES is a mappingproxy"),
    ],
)
def test_a_wrong_reference_says_what_was_found_and_what_was_expected(reference: str, found: str) -> None:
    with pytest.raises(ApplicationNotFound) as refused:
        load_application(reference)

    assert str(refused.value) == (
        f"ORCHESTRION_APP={reference!r}: {found}; expected package.module:object, an orchestrion.Application"
    )


def application(graph: str | None) -> Application:
    """One without products that adds what this names."""
    return Application(catalog=Catalog(products=[]), registry=Registry(workflows=[]), graph=graph)


def test_what_an_application_adds_to_the_schema_is_loaded_by_its_name() -> None:
    extension = load_extension(application("examples.network.graph_extension:EXTENSION"))

    assert [each.__name__ for each in extension.queries] == ["SiteQueries"]
    assert load_extension(application(None)) is NO_EXTENSION


@parity("GQ-08")
@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("examples.network.graph_extension", "not of that form"),
        ("examples.network.missing:EXTENSION", "no module named 'examples.network.missing'"),
        (
            "examples.network.graph_extension:MISSING",
            "examples.network.graph_extension.MISSING is a NoneType",
        ),
        ("examples.network.app:app", "examples.network.app.app is a Application"),
    ],
)
def test_an_extension_that_is_not_there_is_told_by_its_name(reference: str, found: str) -> None:
    with pytest.raises(ExtensionNotFound) as refused:
        load_extension(application(reference))

    assert str(refused.value) == (
        f"Application(graph={reference!r}): {found}; "
        "expected package.module:object, an orchestrion.graphql.GraphExtension"
    )


def test_an_application_of_the_working_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from orchestrion import Application, Catalog, Registry\n"
        "app = Application(catalog=Catalog(products=[]), registry=Registry(workflows=[]))\n"
    )

    printed = subprocess.run(
        [sys.executable, "-m", "orchestrion", "schema"],
        cwd=tmp_path,
        env={"ORCHESTRION_APP": "mine:app", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert printed.returncode == 0, printed.stderr
    assert "type Query" in printed.stdout


def test_a_worker_imports_nothing_of_the_graph_floor() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED_BY_A_WORKER],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "'graph'" not in loaded.stdout
    assert "'graph." not in loaded.stdout
    assert "'strawberry" not in loaded.stdout
