"""The scrubber in a saved page: no server, no kernel."""

import numpy as np
from lab import CHANGED, PIXELS, chromium

from gan_tutorial.plots import png
from gan_tutorial.widgets import Scrubber


def test_two_scrubbers_move_without_a_kernel_and_apart(tmp_path):
    frames = [(step, png(np.full((40, 60, 3), 2 * step, np.uint8))) for step in range(0, 120, 20)]
    html = (Scrubber(frames, start)._repr_mimebundle_()["text/html"] for start in (1, -1))
    (tmp_path / "page.html").write_text("".join(f"<div>{part}</div>" for part in html), "utf-8")
    with chromium(tmp_path / "chromium") as context:
        page = context.new_page()
        page.goto((tmp_path / "page.html").as_uri())
        first, last = page.query_selector_all(".gan-scrubber")
        caption = lambda: first.query_selector("output").inner_text()  # noqa: E731
        assert caption() == "step 20" and last.query_selector("output").inner_text() == "step 100"
        still = last.evaluate(PIXELS)

        def shows(act, step):
            before = first.evaluate(PIXELS)
            act()
            page.wait_for_function(CHANGED, arg=[first, before])
            assert caption() == f"step {step}" == first.query_selector("img").get_attribute("alt")

        slider = first.query_selector("input")
        for key, step in (("ArrowLeft", 0), ("ArrowRight", 20), ("End", 100), ("Home", 0)):
            shows(lambda key=key: slider.press(key), step)
        for button, step in (("Next", 20), ("Previous", 0)):
            shows(lambda button=button: first.query_selector(f"text={button}").click(), step)
        first.query_selector("text=Play").click()
        page.wait_for_function("(element) => element.innerText.includes('step 100')", arg=first)
        page.wait_for_selector(".gan-scrubber >> nth=0 >> text=Play")  # it ends at the last frame
        assert last.evaluate(PIXELS) == still
