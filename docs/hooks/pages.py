"""What the site has beside the pages of `docs/`, and what it must not have.

Task and model cards, `LEADERBOARD.md`, `CONTRIBUTING.md` and the notebooks become pages as they
are, with their images. Formulas become MathML, which browsers draw by themselves. A page that would
load a script, a style, an image or a font from another site ends the build: it reads offline.
"""

import html
import json
import os
import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\s*\\[(\[](.*?)\\[)\]]\s*</\1>', re.DOTALL)
_LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc(?:set)?\s*=\s*["']?\s*(?:https?:)?//"""
    r"""|<link\b(?![^>]*\brel=["']?canonical)[^>]*?\bhref\s*=\s*["']?\s*(?:https?:)?//"""
    r"""|url\(\s*["']?(?:https?:)?//|@import\s+["'](?:https?:)?//""",
    re.IGNORECASE,
)


def sources() -> dict[str, Path]:
    """Files that become pages, by the page's place in the site."""
    tasks = {f"tasks/{path.parent.name}.md": path for path in ROOT.glob("tasks/*/README.md")}
    models = {f"models/{path.parent.name}.md": path for path in ROOT.glob("pretrained/*/card.md")}
    books = {f"notebooks/{path.stem}.md": path for path in ROOT.glob("notebooks/*.ipynb")}
    single = {
        "leaderboard.md": ROOT / "LEADERBOARD.md",
        "contributing.md": ROOT / "CONTRIBUTING.md",
    }
    return {**single, **dict(sorted({**tasks, **models, **books}.items()))}


def images() -> dict[str, Path]:
    """Images of model cards, by their place in the site."""
    found = sorted(ROOT.glob("pretrained/*/*.png"))
    return {f"models/{path.parent.name}/{path.name}": path for path in found}


def page(path: Path) -> str:
    """A source as Markdown."""
    text = path.read_text("utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    said = f"*`notebooks/{path.name}`, without its outputs.*"
    parts = [_cell(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    return "\n\n".join([parts[0], said, *parts[1:]]) + "\n"


def _cell(kind: str, text: str) -> str:
    return f"```python\n{text}\n```" if kind == "code" else text


def rewritten(text: str, path: Path, uri: str) -> str:
    """The links of a source as they are in the site; what is not there keeps its words."""
    places = {where.resolve(): place for place, where in {**sources(), **images()}.items()}

    def link(found: re.Match[str]) -> str:
        mark, words, target, anchor = found.groups(default="")
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        where = (path.parent / target).resolve()
        place = places.get(where)
        if place is None and where.is_relative_to(DOCS) and where.is_file():
            place = where.relative_to(DOCS).as_posix()
        if place is None:
            return words
        return f"{mark}[{words}]({os.path.relpath(place, os.path.dirname(uri) or '.')}{anchor})"

    return _LINK.sub(link, text)


def formulas(text: str) -> str:
    """A page with its formulas in MathML."""

    def formula(found: re.Match[str]) -> str:
        display = "block" if found[1] == "div" else "inline"
        return convert(html.unescape(found[2]).strip(), display=display)

    return _FORMULA.sub(formula, text)


def loads(text: str) -> list[str]:
    """What a page or a style would load from another site."""
    return [found[0] for found in _LOADS.finditer(text)]


def expanded(nav: list[Any]) -> list[Any]:
    """A navigation in which `folder/` is every page of that folder."""
    whole = []
    for entry in nav:
        if isinstance(entry, dict):
            ((title, inside),) = entry.items()
            if isinstance(inside, list):
                inside = expanded(inside)
            elif inside.endswith("/"):
                inside = [uri for uri in sources() if uri.startswith(inside)]
            entry = {title: inside}
        whole.append(entry)
    return whole


# What MkDocs calls.


def on_config(config: Any) -> Any:
    config.nav = expanded(config.nav)
    return config


def on_files(files: Any, config: Any) -> Any:
    for uri, path in sources().items():
        content = rewritten(page(path), path, uri)
        files.append(File.generated(config, uri, content=content))
    for uri, path in images().items():
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_post_page(output: str, page: Any, config: Any) -> str:
    return formulas(output)


def on_post_build(config: Any) -> None:
    for path in sorted(Path(config.site_dir).rglob("*")):
        if path.suffix in (".html", ".css"):
            found = loads(path.read_text("utf-8"))
            if found:
                raise PluginError(f"`{path}` loads from another site: {found[0]}")
