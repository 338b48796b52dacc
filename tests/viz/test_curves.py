import numpy as np
import pytest

from invdesign import viz
from invdesign.viz._comparison import Profile, comparison_figure
from invdesign.viz._curves_of_runs import Curve, band_over_seeds
from invdesign.viz._efforts import efforts_figure
from invdesign.viz._gradcheck import gradcheck_figure
from invdesign.viz._refinement import refinement_figure
from invdesign.viz._scene import scenery_of
from invdesign.viz._search import draw_search
from invdesign.viz._style import CYCLE, count, new_figure


def test_band_of_runs_known_at_different_steps():
    runs = [
        (np.array([1.0, 3.0]), np.array([0.0, 1.0])),
        (np.array([2.0, 4.0]), np.array([0.4, 0.6])),
        (np.array([1.0, 2.0, 5.0]), np.array([0.2, np.nan, 0.8])),
    ]
    x, median, low, high = band_over_seeds(runs)
    # Before step 2 one of the runs has no value; the NaN does not count as one.
    np.testing.assert_array_equal(x, [2, 3, 4, 5])
    np.testing.assert_allclose(median, [0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(low, [0.1, 0.3, 0.4, 0.7])
    np.testing.assert_allclose(high, [0.3, 0.7, 0.8, 0.9])


def test_band_of_nothing():
    assert all(len(part) == 0 for part in band_over_seeds([(np.ones(2), np.full(2, np.nan))]))


@pytest.mark.parametrize(
    ("scores", "place"),
    [([np.nan, np.nan, 0.2, 0.3], 1.5), ([0.1, np.nan, 0.2, 0.3], None), ([np.nan] * 4, None)],
)
def test_a_search_that_begins_lightly_says_where_it_goes_on(scores, place):
    axes = new_figure(3, 2).add_subplot()
    columns = {"best_value": np.ones(4), "score": np.asarray(scores)}
    draw_search(axes, {"iteration": np.arange(4), **columns})
    marks = [line.get_xdata()[0] for line in axes.lines[2:]]
    assert marks == ([] if place is None else [place])


def comparison_curves():
    steps = np.array([100.0, 200.0, 300.0])
    return [
        Curve(
            name,
            steps,
            steps / 10,
            np.array([0.1, 0.3, 0.5]) + 0.01 * seed,
            np.array([[np.nan] * 3, [300.0, 30.0 + seed, 0.4 if name == "adam" else np.nan]]),
        )
        for name in ("adam", "cem")
        for seed in range(3)
    ]


def test_comparison():
    x = np.linspace(0, 1, 5)
    profiles = {"adam": Profile(x, 1 - x, 0.9 - 0.9 * x, np.minimum(1, 1.1 - x))}
    figure = comparison_figure(comparison_curves(), profiles, title="contain", subtitle="3 seeds")
    training, reference, seconds, profile = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["adam", "cem"]
    assert {line.get_color() for line in training.lines} == set(CYCLE[:2])
    assert {line.get_color() for line in reference.lines} == {CYCLE[0]}
    np.testing.assert_allclose(training.lines[0].get_ydata(), [0.11, 0.31, 0.51])
    np.testing.assert_allclose(seconds.lines[0].get_xdata(), [31.0])
    np.testing.assert_allclose(profile.lines[0].get_ydata(), 1 - x)
    figure.canvas.draw()


def test_comparison_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one run"):
        comparison_figure([], {}, title="")


def test_refinement():
    rounds = [
        {"round": 0, "score": 0.9, "reference_score": 0.5, "lessons": 0},
        {"round": 1, "score": 0.8, "reference_score": 0.75, "lessons": 12},
    ]
    figure = refinement_figure(rounds, title="maze")
    learned, trusted = figure.axes[0].lines
    np.testing.assert_allclose(learned.get_ydata(), [0.9, 0.8])
    np.testing.assert_allclose(trusted.get_ydata(), [0.5, 0.75])
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()][1] == "round 1\n12 lessons"
    figure.canvas.draw()
    with pytest.raises(ValueError, match="at least one round"):
        refinement_figure([], title="")


def test_refinement_of_sections():
    rounds = [
        {"round": 0, "score": 30.0, "reference_score": None, "lessons": 0,
         "cd": 0.0160, "cl": 0.500, "reference_cd": None, "reference_cl": None},
        {"round": 1, "score": 29.0, "reference_score": 28.6, "lessons": 16,
         "cd": 0.0172, "cl": 0.500, "reference_cd": 0.0175, "reference_cl": 0.502},
    ]  # fmt: skip
    figure = refinement_figure(rounds, title="airfoil")
    drag, lift = figure.axes
    np.testing.assert_allclose(drag.lines[0].get_ydata(), [0.0160, 0.0172])
    np.testing.assert_allclose(drag.lines[1].get_ydata(), [np.nan, 0.0175])
    np.testing.assert_allclose(lift.lines[1].get_ydata(), [np.nan, 0.502])
    figure.canvas.draw()


def gradient_rows():
    sweep = [{"step": s, "relative_error": e} for s, e in ((1e-6, 0.1), (1e-4, 1e-5), (1e-2, None))]
    good = {"cosine": 1.0, "relative_error": 1e-6, "gradient_norm": 2.0, "cosine_coarse": 0.9}
    bad = {"cosine": None, "relative_error": None, "gradient_norm": float("nan")}
    return [{"horizon": 10, **bad}, {"horizon": 1, **good, "sweep": sweep}, {"horizon": 5, **good}]


def test_gradcheck():
    rows = gradient_rows()
    figure = gradcheck_figure(rows, title="contain", first_nonfinite=10)
    sweep, cosine, norm = figure.axes
    np.testing.assert_array_equal(sweep.lines[0].get_xdata(), [1e-6, 1e-4])
    np.testing.assert_array_equal(cosine.lines[0].get_xdata(), [1, 5])
    np.testing.assert_array_equal(norm.lines[0].get_ydata(), [2.0, 2.0])
    assert [text.get_text() for text in norm.get_legend().get_texts()] == ["first non-finite"]
    figure.canvas.draw()


def test_gradcheck_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        gradcheck_figure([], title="")


def test_efforts():
    x, unknown = np.array([100, 200, 400]), np.zeros((0, 3))
    runs = [
        Curve(
            name, x := np.array([100, 200, 400]), x, np.array([0.1, 0.2 + 0.1 * seed, 0.6]), unknown
        )
        for name in ("adam", "cem")
        for seed in range(3)
    ]
    figure = efforts_figure({"one": runs, "two": runs[:3]}, title="maze")
    one, two = figure.axes
    assert [axes.get_title(loc="left") for axes in (one, two)] == ["one", "two"]
    np.testing.assert_allclose(one.lines[0].get_ydata(), [0.1, 0.3, 0.6])
    assert len(two.lines) == 2 and len(one.lines) == 4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["adam", "cem"]
    figure.canvas.draw()
    for nothing in ({}, {"one": []}):
        with pytest.raises(ValueError, match="at least one run"):
            efforts_figure(nothing, title="")


def test_rollout_figure(trajectory):
    figure = viz.rollout_figure(
        trajectory.reference,
        trajectory.simulated,
        scenery_of(trajectory),
        dt=0.01,
        times=[0, 50, 100],
    )
    assert [axes.get_title(loc="left") for axes in figure.axes[:3]] == [
        "0.00 s",
        "0.50 s",
        "1.00 s",
    ]
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "reference solver",
        "",
        "",
        "model",
        "",
        "",
    ]
    figure.canvas.draw()


def test_rollout_figure_stays_within_the_trajectories(trajectory):
    with pytest.raises(ValueError, match="0 to 9, got"):
        viz.rollout_figure(
            trajectory.reference, trajectory.simulated[:10], viz.Scenery(), dt=0.01, times=[0, 10]
        )


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (950, "950"), (2500, "2.5k"), (12345, "12.3k"), (2e6, "2M")]
)
def test_count(number, text):
    assert count(number) == text
