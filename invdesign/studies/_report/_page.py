"""A page as one file: template, style, scripts and data, and a policy that allows nothing else."""

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any

from ..._extras import find_extra
from ..._version import __version__
from ...io._reading import read_text
from ...io._resources import citation_file
from ._blocks import Page

_TEMPLATES = Path(__file__).with_name("templates")
_EXTRA = "report"
_REPLAYS = ("arrays.js", "drawing.js", "pictures.js", "player.js")
# Styles may stand in the page, as Bokeh makes its own; pictures are of Bokeh's tool bar.
_POLICY = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)


def check_extra() -> None:
    """Whether a report can be made here.

    **Raises:** `ValueError` saying how to get the library that is missing.
    """
    for module in ("bokeh", "jinja2"):
        find_extra(module, _EXTRA)


def rendered(page: Page) -> str:
    """The text of a page.

    **Raises:** `ValueError` as `check_extra`.
    """
    charted = [
        {**chart.item, "target_id": chart.target}
        for block in page.blocks
        if block.kind == "charts"
        for chart in block.content.charts
    ]
    # The replays first: they do not wait for the library.
    library = ["\n".join(_library())] if charted else []
    scripts = [_inline(text) for text in (_closed(*_REPLAYS), *library, _closed("page.js"))]
    return _template().render(
        page=page,
        charted=charted,
        scripts=scripts,
        style=_own("style.css"),
        policy=_POLICY.format(" ".join(map(_hash, scripts))),
        citation=_citation(),
        version=__version__,
    )


@functools.cache
def _template() -> Any:
    jinja2 = find_extra("jinja2", _EXTRA)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Bokeh reads references to what came before: the order of keys is part of the meaning.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False}
    return environment.get_template("page.html")


def _own(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _closed(*names: str) -> str:
    """Our scripts of some names as one, which leaves no name behind."""
    return f'"use strict";\n(() => {{\n{"".join(map(_own, names))}}})();\n'


def _library() -> list[str]:
    """Bokeh's script for charts; none of its widgets, tables or three-dimensional ones."""
    find_extra("bokeh", _EXTRA)
    resources = find_extra("bokeh.resources", _EXTRA)
    return resources.Resources(mode="inline", components=["bokeh"], log_level="warn").js_raw


def _inline(script: str) -> str:
    """A script as it may stand in a page: nothing in it ends it, lines end as HTML has it."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script.replace("\r\n", "\n"), flags=re.IGNORECASE)


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _citation() -> dict[str, Any]:
    text = read_text(citation_file())
    found = dict(re.findall(r'^(title|version): "?([^"\n]*)"?$', text, re.MULTILINE))
    authors = re.findall(r'^  - name: "?([^"\n]*)"?$', text, re.MULTILINE)
    title = found.get("title", "invdesign")
    return {"file": text, "sentence": f"{', '.join(authors)}: {title}. Version {__version__}."}
