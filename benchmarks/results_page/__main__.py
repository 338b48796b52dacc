"""Writes the page: `python -m benchmarks.results_page`."""

from . import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
