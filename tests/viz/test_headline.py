"""A figure's title stays on its paper."""

import pytest

from invdesign.viz._style import headline, new_figure


@pytest.mark.parametrize("words", [3, 40])
def test_a_title_is_as_small_as_the_width_asks(words):
    figure = new_figure(6.0, 3.0)
    headline(figure, " ".join(["landscape"] * words), " ".join(["streams"] * words))
    for line, size in zip(figure.texts, (14.0, 9.5), strict=True):
        # A few pixels of hinting: letters are not exactly as wide as their size says.
        assert line.get_window_extent().x1 <= 1.01 * figure.bbox.width
        assert (line.get_fontsize() == size) == (words == 3)
