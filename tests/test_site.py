"""The site has every card and notebook, its links lead somewhere, and it loads nothing from afar.

`mkdocs build --strict` is what continuous integration builds it with; the same hooks end that
build where a page would load from another site.
"""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("mkdocs")
pytest.importorskip("latex2mathml")
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def site():
    path = ROOT / "docs" / "hooks" / "pages.py"
    spec = importlib.util.spec_from_file_location("site_pages", path)
    assert spec is not None and spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    return hooks


def test_every_card_and_notebook_is_a_page(site):
    sources = site.sources()
    assert all(path.is_file() for path in sources.values())
    for folder, pattern in (
        ("tasks", "tasks/*/task.py"),
        ("models", "pretrained/*/card.md"),
        ("notebooks", "notebooks/*.ipynb"),
    ):
        pages = [uri for uri in sources if uri.startswith(f"{folder}/")]
        assert len(pages) == len(list(ROOT.glob(pattern))) > 0


def test_links_of_a_card_are_those_of_the_site(site):
    path = ROOT / "tasks" / "airfoil" / "README.md"
    text = (
        "[a](../../pretrained/airfoil/card.md#b) ![c](../../docs/images/airfoil.png) "
        "[d](task.py) [e](https://example.org/f) [g](#h) ![i](../../pretrained/airfoil/errors.png)"
    )
    assert site.rewritten(text, path, "tasks/airfoil.md") == (
        "[a](../models/airfoil.md#b) ![c](../images/airfoil.png) "
        "d [e](https://example.org/f) [g](#h) ![i](../models/airfoil/errors.png)"
    )


def test_a_notebook_is_its_cells(site):
    text = site.page(ROOT / "notebooks" / "01_your_own_task.ipynb")
    assert text.startswith("# ") and "```python\n" in text and "**Claim:**" in text


def test_formulas_need_no_script(site):
    page = r'<p><span class="arithmatex">\(a_1 &lt; \frac{1}{2}\)</span></p>'
    page += '<div class="arithmatex">\\[\nx^2\n\\]</div>'
    made = site.formulas(page)
    assert "arithmatex" not in made and made.count("<math") == 2 and "<mfrac>" in made
    assert 'display="block"' in made and "<msup>" in made


@pytest.mark.parametrize(
    "text",
    [
        '<script async src="https://unpkg.com/x.js">',
        "<script src=//cdn.example/x.js>",
        '<img alt="a" src="http://example.org/a.png">',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        "@import 'https://example.org/a.css';",
        "a { background: url(https://example.org/a.png) }",
    ],
)
def test_what_comes_from_another_site_is_seen(site, text):
    assert site.loads(f"<p>b</p>{text}")


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://example.org">',
        '<link rel="canonical" href="https://example.org">',
        '<script src="assets/a.js"></script> see https://example.org',
        "<code>&lt;script src='https://example.org'&gt;</code>",
        '<img src="data:image/png;base64,AA//">',
    ],
)
def test_what_does_not_is_left_alone(site, text):
    assert site.loads(text) == []


def test_a_folder_of_the_navigation_is_all_its_pages(site):
    (whole,) = site.expanded([{"A": [{"Tasks": "tasks/"}, {"Home": "index.md"}]}])
    tasks, home = whole["A"]
    assert "tasks/contain.md" in tasks["Tasks"] and home == {"Home": "index.md"}
