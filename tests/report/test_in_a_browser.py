"""Reports driven in headless Chromium: `python -m pytest -m slow tests/report`."""

import functools
import itertools
import json
import os
import shutil
import time

import numpy as np
import pytest

from invdesign.studies import report
from invdesign.studies._report import _run_page
from invdesign.viz.exhibit import Curve, Exhibit, Line, Panel, Plot, Replay

from .made import EVIL, LEFT, made, swept, water

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not there"),
]
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
WIDTHS = {"desktop": 1200, "phone": 390}
# Where screenshots are left to be looked at, if anywhere.
SHOTS = os.environ.get("INVDESIGN_SCREENSHOTS")


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield made
    made.quit()


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "the page did not get there"
        time.sleep(0.05)
    return found


def show(browser, path, *, width=1200, features=()):
    """Open a page, and wait until all of it is drawn."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = [{"name": name, "value": value} for name, value in dict(features).items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(path.as_uri())
    until(lambda: browser.execute_script("return document.documentElement.dataset.loaded"))
    replays = browser.find_elements(By.CSS_SELECTOR, "section.replay")
    until(lambda: all(each.get_attribute("data-ready") for each in replays))
    return replays


def quiet(browser, path):
    """No error, no warning, no request but that for the page."""
    said = [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"]
    assert said == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [
        e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"
    ]
    assert {url for url in sent if not url.startswith("data:")} == {path.as_uri()}


def moment(replay):
    return int(replay.get_attribute("data-moment"))


def pixels(browser, replay):
    canvas = replay.find_element(By.CSS_SELECTOR, "figure canvas")
    return browser.execute_script("return arguments[0].toDataURL()", canvas)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return report(made(tmp_path_factory.mktemp("browser") / "run", task=EVIL, notes=[EVIL]).path)


def test_it_plays_by_itself_once_and_by_the_button(browser, page):
    (replay,) = show(browser, page)
    until(lambda: 0 < moment(replay) < 40)
    until(lambda: moment(replay) == 40)  # the end, where it stays
    last = pixels(browser, replay)
    replay.find_element(By.CSS_SELECTOR, "button.play").click()
    until(lambda: 3 < moment(replay) < 30)
    assert pixels(browser, replay) != last
    replay.find_element(By.CSS_SELECTOR, "button.play").click()
    stopped = moment(replay)
    time.sleep(0.5)
    assert moment(replay) == stopped
    quiet(browser, page)


def test_slider_and_keys_move_it(browser, page):
    (replay,) = show(browser, page, features={"prefers-reduced-motion": "reduce"})
    assert moment(replay) == 40  # nobody wants motion: the end, at once
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.HOME)
    assert moment(replay) == 0
    for key, wanted in ((Keys.ARROW_RIGHT, 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_LEFT, 1)):
        body.send_keys(key)
        assert moment(replay) == wanted
    body.send_keys(Keys.SHIFT, Keys.ARROW_RIGHT)
    assert moment(replay) == 11
    slider = replay.find_element(By.CSS_SELECTOR, "input[type=range]")
    before = pixels(browser, replay)
    browser.execute_script(
        "arguments[0].value = 25; arguments[0].dispatchEvent(new Event('input'))", slider
    )
    assert moment(replay) == 25 and pixels(browser, replay) != before
    assert replay.find_element(By.TAG_NAME, "output").text == "0.250 s"
    slider.send_keys(Keys.ARROW_RIGHT)
    assert moment(replay) == 26
    body.send_keys(Keys.SPACE)
    until(lambda: moment(replay) > 27)
    body.send_keys(Keys.SPACE)
    stopped = moment(replay)
    time.sleep(0.4)
    assert moment(replay) == stopped
    quiet(browser, page)


def test_nothing_that_a_run_says_is_carried_out(browser, page):
    show(browser, page)
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith(EVIL)
    assert EVIL in browser.find_element(By.CSS_SELECTOR, ".notes").text
    ran = browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.body.append(s); return window.ran"
    )
    assert ran is None  # the policy allows the page's own scripts alone
    sent = browser.execute_async_script(
        "const done = arguments[0];"
        "fetch('https://example.org').then(() => done('sent'), () => done('refused'))"
    )
    assert sent == "refused"


def test_names_of_curves_are_text_wherever_they_are_shown(browser, tmp_path, monkeypatch):
    """Of panels, in legends, beside axes, and under the pointer."""
    evil = '<img src=x onerror="window.ran = 1">'
    place, level = np.linspace(0, 1, 9), np.ones(9)
    curve = Curve(evil, place, level[None], "blue")
    panel = Panel(evil, [curve], np.zeros(2), np.ones(2), readings=[evil], axes=(evil, evil))
    plot = Plot(evil, evil, evil, [Line(evil, place, level)])
    exhibit = Exhibit([Replay(evil, [panel], caption=evil)], [plot])
    monkeypatch.setattr(_run_page, "exhibits", lambda run: [exhibit])
    path = report(made(tmp_path / "run").path)
    show(browser, path)
    chart = browser.find_element(By.ID, "plot-0")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    heights = itertools.cycle(range(-100, 60, 4))  # until the pointer is on the curve

    def tooltip():
        ActionChains(browser).move_to_element_with_offset(chart, 20, next(heights)).perform()
        found = browser.execute_script(
            "const all = (root) => [...root.querySelectorAll('*')].flatMap((e) => "
            "e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);"
            "return all(document).filter((e) => e.classList.contains('bk-tooltip-row-value'))"
            ".map((e) => e.textContent.trim())"
        )
        return [each for each in found if each]

    assert evil in until(tooltip)
    assert browser.execute_script("return window.ran") is None
    quiet(browser, path)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", [*LEFT, "study"])
def test_every_page_is_whole_at_every_width(browser, tmp_path, kind, scheme, width):
    folder = tmp_path / "folder"
    if kind == "study":
        swept(folder)
    else:
        made(folder, kind)
    path = report(folder)
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    show(browser, path, width=WIDTHS[width], features=features)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= WIDTHS[width]  # no sideways scrolling of the page
    charts = browser.find_elements(By.CSS_SELECTOR, ".chart > div")
    assert charts and all(each.size["height"] > 150 for each in charts)
    ink = browser.execute_script("return getComputedStyle(document.body).color")
    assert (ink == "rgb(231, 236, 240)") == (scheme == "dark")
    quiet(browser, path)
    if SHOTS:
        shoot(browser, f"{SHOTS}/{kind}-{width}-{scheme}.png", WIDTHS[width])


def shoot(browser, path, width):
    tall = browser.execute_script("return document.documentElement.scrollHeight")
    size = {"width": width, "height": tall, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    time.sleep(1.0)
    browser.save_screenshot(path)


@pytest.mark.parametrize(("family", "number", "value"), [("ks", 1, -1.0), ("airfoil", 2, 0.4)])
def test_a_field_says_its_value_under_the_pointer(browser, tmp_path, family, number, value):
    """The wave starts with minus one at three quarters; the stream meets the circle's right end."""
    path = report(made(tmp_path / "run", family).path)
    show(browser, path, features={"prefers-reduced-motion": "reduce"})
    panel = browser.find_elements(By.CSS_SELECTOR, "figure.panel")[number]
    move = (
        "const box = arguments[0].getBoundingClientRect();"
        "arguments[0].dispatchEvent(new PointerEvent('pointermove', {"
        "clientX: box.left + arguments[1] * box.width,"
        "clientY: box.top + arguments[2] * box.height}))"
    )
    canvas = panel.find_element(By.TAG_NAME, "canvas")
    place = (0.76, 0.99) if family == "ks" else ((1.0 + 0.35) / 1.8, 0.5)
    browser.execute_script(move, canvas, *place)
    said = panel.find_element(By.CSS_SELECTOR, ".reading").text
    assert float(said.split()[-1]) == pytest.approx(value, abs=0.03)
    quiet(browser, path)


def test_tables_are_sorted_and_curves_drawn_against_another_axis(browser, tmp_path):
    swept(tmp_path / "study")
    path = report(tmp_path / "study")
    show(browser, path)
    table = browser.find_elements(By.CSS_SELECTOR, "table.sortable")[1]
    head = next(b for b in table.find_elements(By.TAG_NAME, "button") if b.text == "score")
    column = [each.text for each in table.find_elements(By.TAG_NAME, "button")].index("score")

    def scores():
        rows = table.find_elements(By.CSS_SELECTOR, "tbody tr")
        return [row.find_elements(By.TAG_NAME, "td")[column].text for row in rows]

    browser.execute_script("arguments[0].click()", head)
    assert scores() == ["0.4", "0.8", "0.81", "–"]
    browser.execute_script("arguments[0].click()", head)
    assert scores() == ["0.81", "0.8", "0.4", "–"]
    ends = (
        "return Bokeh.documents.flatMap(d => d.roots()).flatMap(r => [...r.references()])"
        ".filter(m => m.type === 'ColumnDataSource' && 'x@seconds' in m.data)"
        ".map(m => m.data.x[m.data.x.length - 1])"
    )
    assert set(browser.execute_script(ends)) == {1200.0}
    select = browser.find_element(By.CSS_SELECTOR, "select.axis")
    browser.execute_script(
        "arguments[0].value = 'seconds'; arguments[0].dispatchEvent(new Event('change'))", select
    )
    assert set(browser.execute_script(ends)) == {6.0}
    quiet(browser, path)


def test_a_page_of_the_usual_size_opens_quickly(browser, tmp_path):
    """400 drops, each on a random way of its own, for 301 frames in three simulations."""
    many = functools.partial(water, side=20, frames=301, noise=3e-3)
    run = made(tmp_path / "run", iterations=40, left=many)
    path = report(run.path)
    assert path.stat().st_size < 5_000_000
    show(browser, path)
    times = "const [n] = performance.getEntriesByType('navigation'); return n.domInteractive"
    assert browser.execute_script(times) < 2_000
