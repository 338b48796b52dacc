import pytest

from invdesign.io import _resources
from invdesign.io._resources import pretrained_dir, tasks_dir


def test_a_checkout_has_both_folders():
    assert (tasks_dir() / "README.md").is_file()
    assert (pretrained_dir() / "manifest.toml").is_file()


def test_the_wheel_comes_first(tmp_path, monkeypatch):
    package = tmp_path / "invdesign"
    for folder in (package / "_tasks", tmp_path / "tasks"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(_resources, "PACKAGE", package)
    assert tasks_dir() == package / "_tasks"


def test_an_incomplete_installation_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(_resources, "PACKAGE", tmp_path / "invdesign")
    with pytest.raises(ValueError, match="incomplete"):
        pretrained_dir()
