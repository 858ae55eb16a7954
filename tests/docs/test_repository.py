"""What is committed works anywhere: it names no package registry and no folder of one machine."""

import re
from pathlib import Path

import pytest

from tests.docs.project import ROOT, committed_files, name_of

# Written with classes of one character, so that this file does not match itself.
REGISTRY_HOST = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:com|org)|deb[.]debian[.]org|files[.]python"
)
MACHINE_PATH = re.compile(r"/work[/](?:main|shared|steering|[.]library)|/root[/][.]|/farm[/]|/opt[/]pypi")
PINNED = re.compile(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==\S+ (?:; .+ )?\\$")
HASH = re.compile(r"^ {4}--hash=sha256:[0-9a-f]{64}(?: \\)?$")


@pytest.mark.parametrize("forbidden", [REGISTRY_HOST, MACHINE_PATH], ids=["registry host", "machine path"])
def test_no_committed_file_names_an_address_of_its_makers(forbidden: re.Pattern[str]) -> None:
    found = [
        f"{name_of(file)}:{number}"
        for file in committed_files()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1)
        if forbidden.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=name_of)
def test_a_lock_file_holds_versions_and_hashes_and_nothing_else(lock: Path) -> None:
    lines = lock.read_text().splitlines()

    other = [line for line in lines if not PINNED.match(line) and not HASH.match(line)]

    assert other == []
    assert lines != []


def test_the_suite_runs_on_the_locked_runtime() -> None:
    runtime = set((ROOT / "requirements" / "runtime.lock").read_text().splitlines())

    develop = set((ROOT / "requirements" / "develop.lock").read_text().splitlines())

    assert {line for line in runtime - develop if "==" in line} == set()
