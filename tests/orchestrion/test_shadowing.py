from pathlib import Path

import pytest

from orchestrion.shadowing import OUR_PACKAGES, ShadowedPackage, refuse_shadowed_packages


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "ours"
    for package in OUR_PACKAGES:
        (home / package).mkdir(parents=True)
        (home / package / "__init__.py").touch()
    return home


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("package", OUR_PACKAGES)
@pytest.mark.parametrize("ours_first", [True, False])
def test_a_foreign_package_with_our_name_is_refused_with_both_paths(
    home: Path, foreign: Path, package: str, ours_first: bool
) -> None:
    (foreign / package).mkdir()
    (foreign / package / "__init__.py").touch()
    path = [str(home), str(foreign)] if ours_first else [str(foreign), str(home)]

    with pytest.raises(ShadowedPackage) as refused:
        refuse_shadowed_packages(home=home, path=path)

    assert refused.value.package == package
    assert str(home / package) in str(refused.value)
    assert str(foreign / package / "__init__.py") in str(refused.value)


def test_a_foreign_module_counts_like_a_package(home: Path, foreign: Path) -> None:
    (foreign / "graph.py").touch()

    with pytest.raises(ShadowedPackage):
        refuse_shadowed_packages(home=home, path=[str(home), str(foreign)])


def test_a_folder_that_python_would_not_import_is_no_package(home: Path, foreign: Path) -> None:
    (foreign / "domain").mkdir()

    refuse_shadowed_packages(home=home, path=[str(home), str(foreign), str(foreign / "absent.zip")])
