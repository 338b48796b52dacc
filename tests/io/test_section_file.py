"""Coordinates of sections: both formats, round trip, refusals."""

import numpy as np
import pytest

from invdesign.io import read_section, write_section
from invdesign.sections import naca4

OUTLINE = naca4("2412", num=30)


def test_round_trip(tmp_path):
    path = write_section(tmp_path / "a.dat", OUTLINE, name="NACA 2412")
    assert path.read_text().splitlines()[0] == "NACA 2412"
    found = read_section(path)
    assert found.name == "NACA 2412"
    np.testing.assert_allclose(found.outline, OUTLINE, atol=1e-7)


def test_lednicer(tmp_path):
    upper, lower = OUTLINE[:31][::-1], OUTLINE[30:]
    rows = ["Section", "31. 31.", "", *(f"{x} {y}" for x, y in upper), ""]
    rows += [f"{x} {y}" for x, y in lower]
    (tmp_path / "b.dat").write_text("\n".join(rows))
    np.testing.assert_allclose(read_section(tmp_path / "b.dat").outline, OUTLINE, atol=1e-12)
    (tmp_path / "c.dat").write_text("\n".join(["Section", "31. 30.", *rows[3:]]))
    with pytest.raises(ValueError, match=r"c\.dat`: it announces 31 and 30 points and has 62"):
        read_section(tmp_path / "c.dat")


def test_a_file_without_a_name_and_with_commas(tmp_path):
    path = tmp_path / "plain.dat"
    path.write_text("\n".join(f"{x}, {y}" for x, y in OUTLINE))
    found = read_section(path)
    assert found.name == "plain"
    np.testing.assert_allclose(found.outline, OUTLINE)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (OUTLINE[::-1], "reversed"),
        (OUTLINE[10:], "open"),
        (OUTLINE[::6], "at least 20 points"),
        (OUTLINE * [1, np.nan], "not finite"),
    ],
)
def test_what_is_no_section_is_refused(rows, reason, tmp_path):
    path = tmp_path / "bad.dat"
    path.write_text("bad\n" + "\n".join(f"{x} {y}" for x, y in rows))
    with pytest.raises(ValueError, match=reason) as error:
        read_section(path)
    assert "bad.dat" in str(error.value)


def test_what_is_no_file_of_points_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nowhere"):
        read_section(tmp_path / "nowhere.dat")
    (tmp_path / "text.dat").write_text("name\n1 0\nfoo bar baz\n")
    with pytest.raises(ValueError, match="line 2 of the points is no pair"):
        read_section(tmp_path / "text.dat")
    with pytest.raises(ValueError, match="one line of text"):
        write_section(tmp_path / "x.dat", OUTLINE, name="a\nb")
    with pytest.raises(ValueError, match="reversed"):
        write_section(tmp_path / "x.dat", OUTLINE[::-1], name="a")
    assert not (tmp_path / "x.dat").exists()
