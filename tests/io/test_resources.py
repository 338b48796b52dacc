import pytest

from invdesign import io
from invdesign.io import _resources


def test_a_checkout_has_both_folders():
    assert (io.tasks_dir() / "README.md").is_file()
    assert (io.pretrained_dir() / "manifest.toml").is_file()


def test_the_wheel_comes_first(tmp_path, monkeypatch):
    package = tmp_path / "invdesign"
    for folder in (package / "_tasks", tmp_path / "tasks"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(_resources, "PACKAGE", package)
    assert io.tasks_dir() == package / "_tasks"


def test_an_incomplete_installation_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(_resources, "PACKAGE", tmp_path / "invdesign")
    with pytest.raises(ValueError, match="incomplete"):
        io.pretrained_dir()
