"""Coordinates of sections: both formats, round trip, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from invdesign.io import export_section, read_section, write_section
from invdesign.sections import SectionLayout, naca4
from invdesign.sections._measures import trailing_edge_thickness

from ..outlines import ORDERS, Form, as_file, four_digits, random_form, random_section

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
        (OUTLINE[10:], "open"),
        (OUTLINE[::6], "at least 19 points"),
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
    (tmp_path / "text.dat").write_text("name\nfoo bar baz\n")
    with pytest.raises(ValueError, match=r"text\.dat`: it has no points"):
        read_section(tmp_path / "text.dat")
    with pytest.raises(ValueError, match="one line of text"):
        write_section(tmp_path / "x.dat", OUTLINE, name="a\nb")
    with pytest.raises(ValueError, match="open"):
        write_section(tmp_path / "x.dat", OUTLINE[10:], name="a")
    assert not (tmp_path / "x.dat").exists()


# Files as people keep them.

LAYOUT = SectionLayout()
MADE = four_digits("4415", 61)
WRITTEN = MADE.outline.round(7)


def stored(tmp_path, content):
    path = tmp_path / "section.dat"
    path.write_bytes(content)
    return read_section(path)


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_recognized(order, tmp_path):
    found = stored(tmp_path, as_file(ORDERS[order](MADE), Form()))
    np.testing.assert_allclose(found.outline, WRITTEN, atol=1e-12)
    assert found.notes == ()


@pytest.mark.parametrize("order", ORDERS)
def test_a_sharp_edge_is_both_ends(order, tmp_path):
    made = four_digits("2412", 61, sharp=True)
    found = stored(tmp_path, as_file(ORDERS[order](made), Form())).outline
    np.testing.assert_allclose(found, made.outline.round(7), atol=1e-12)
    np.testing.assert_array_equal(found[0], found[-1])


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("A section", {"notes_after": True}),
        ("A section", {"encoding": "utf-8-sig"}),
        ("A section", {"encoding": "utf-16"}),
        ("Flügel", {"encoding": "latin-1", "title": "Flügel"}),
        ("A section", {"comments": True}),
        ("section", {"comments": True, "title": ""}),
        ("A section", {"blank_first": True}),
        ("A section", {"second_header": True}),
        ("44 15", {"title": "44 15"}),
        ("A section", {"separator": ";"}),
        ("A section", {"newline": "\r\n"}),
    ],
)
@pytest.mark.parametrize("order", ["selig", "lednicer"])
def test_what_is_around_the_points_does_not_matter(order, name, form, tmp_path):
    found = stored(tmp_path, as_file(ORDERS[order](MADE), Form(**form)))
    assert found.name == name
    np.testing.assert_allclose(found.outline, WRITTEN, atol=1e-12)


def test_the_unit_does_not_matter(tmp_path):
    found = stored(tmp_path, as_file(ORDERS["selig"](MADE), Form(scale=100)))
    np.testing.assert_allclose(LAYOUT.fit(found.outline), LAYOUT.fit(WRITTEN), atol=1e-6)


def test_few_points_are_read_with_a_note(tmp_path):
    found = stored(tmp_path, as_file([four_digits("4415", 10).outline], Form()))
    assert len(found.outline) == 19
    assert "few points at its nose" in found.notes[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: [*lines[:60], "0.1 O.02", *lines[60:]], "line 61 is no pair of numbers"),
        (lambda lines: [*lines[:60], "0.1 0.02 0", *lines[60:]], "line 61 stands between points"),
        (lambda lines: [lines[0], "1.0OO208 0.0016", *lines[2:]], "line 2 is no pair"),
        (lambda lines: [*lines, "Re 5", "1e5 9"], "stands between points"),
        (lambda lines: lines[:80], "open"),
        (lambda lines: [lines[0], *lines[40:]], "open"),
        (lambda lines: [lines[0], *(f"{line} 0.0" for line in lines[1:])], "no points"),
        (
            lambda lines: [lines[0], *(" ".join(line.split()[::-1]) for line in lines[1:])],
            "upright",
        ),
        (lambda lines: [*lines, "\0"], "no text"),
    ],
)
def test_damaged_files_are_refused(change, reason, tmp_path):
    lines = as_file([MADE.outline], Form()).decode().splitlines()
    with pytest.raises(ValueError, match=reason) as error:
        stored(tmp_path, "\n".join(change(lines)).encode())
    assert "section.dat" in str(error.value)


def test_a_mirrored_section_is_refused(tmp_path):
    for order in ("selig", "nose below"):
        blocks = [block * [-1, 1] for block in ORDERS[order](MADE)]
        with pytest.raises(ValueError, match="nose cannot be told"):
            stored(tmp_path, as_file(blocks, Form()))


def test_what_is_no_regular_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not a regular file"):
        read_section(tmp_path)


@pytest.mark.parametrize("digits", ["0012", "4415"])
def test_an_exported_surface_comes_back(digits, tmp_path):
    """Points within the base were written after the lower side, and read as part of it."""
    surface = LAYOUT.fit(naca4(digits))
    dat, *_ = export_section(tmp_path, surface, name=digits)
    written = read_section(dat)
    assert len(written.outline) == 2 * LAYOUT.num_side + 1
    found = LAYOUT.fit(written.outline)
    np.testing.assert_allclose(found, surface, atol=1e-6)
    before, after = (float(trailing_edge_thickness(s, LAYOUT)) for s in (surface, found))
    assert after == pytest.approx(before, abs=1e-6)


def test_a_sharp_section_is_a_solid(tmp_path):
    surface = LAYOUT.fit(four_digits("2412", 61, sharp=True).outline)
    dat, *_ = export_section(tmp_path, surface, name="sharp")
    assert len(dat.read_text().splitlines()) == 1 + 2 * LAYOUT.num_side + 1
    np.testing.assert_allclose(LAYOUT.fit(read_section(dat).outline), surface, atol=1e-6)


def check_random_file(seed, tmp_path):
    """Read as it was written, and the same once more after fit and export."""
    rng = np.random.default_rng(seed)
    made, order, form = random_section(rng), str(rng.choice(list(ORDERS))), random_form(rng)
    content = as_file(ORDERS[order](made), form)
    if form.title == "44 15" and not form.counts and len(ORDERS[order](made)) == 2:
        with pytest.raises(ValueError, match="announces 44 and 15"):  # or is it a name?
            stored(tmp_path, content)
        return
    outline = stored(tmp_path, content).outline
    written = (form.scale * made.outline).round(form.digits)
    kept = np.concatenate([[True], (np.diff(written, axis=0) != 0).any(axis=1)])
    np.testing.assert_allclose(outline, written[kept], atol=1e-9)
    surface = LAYOUT.fit(outline)
    assert np.isfinite(surface).all()
    again = LAYOUT.fit(read_section(write_section(tmp_path / "x.dat", surface, name="x")).outline)
    np.testing.assert_allclose(again, surface, atol=1e-5)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_files(seed, tmp_path_factory):
    check_random_file(seed, tmp_path_factory.mktemp("file"))


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_many_random_files(seed, tmp_path_factory):
    check_random_file(seed, tmp_path_factory.mktemp("file"))
