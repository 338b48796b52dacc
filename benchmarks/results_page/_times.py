"""Timings."""

from ._parts import load, section, source, table


def times() -> str:
    """Timings in seconds."""
    loops, space = (
        [
            {
                f"a rollout of {inner['num_steps']} steps": words,
                **{f"{what} (s)": inner[key][what][least] for what in ("value", "gradient")},
                "memory (MB)": round(inner[key]["gradient_bytes"] / 1e6),
            }
            for key, words in (("learned", f"`{model}`"), ("reference", "the solver"))
        ]
        for inner, model, least in (
            (load("inner_loop")["results"], "water2d", "min"),
            (load("inner_loop-watercourse")["results"], "watercourse", "cpu"),
        )
    )
    adjoints = [
        {
            "steps": int(steps),
            "adjoint": name,
            "gradient over forward": row["gradient_over_forward"]["min"],
            "memory (MB)": round(row["gradient_bytes"] / 1e6),
        }
        for steps, group in load("gradient")["results"].items()
        for name, row in group.items()
    ]
    steps = [
        {
            "particles": row["particles"],
            "step (ms)": 1e3 * row["step"]["min"],
            "search in it (ms)": 1e3 * row["search"]["min"],
        }
        for row in load("step")["results"]
    ]
    messages = [
        {
            "message passing": name,
            "ours (s)": row["ours"]["min"],
            "plain `jraph` (s)": row["plain"]["min"],
            "times faster": row["times_faster"]["min"],
        }
        for name, row in load("message_passing")["results"].items()
        if "times_faster" in row
    ]
    streams = load("stream")["results"]
    frames = [
        {
            "particles": row["particles"],
            "a frame of a watercourse in the solver (ms)": 1e3 * row["frame"]["cpu"],
            "its gradient (ms)": 1e3 * row["gradient"]["cpu"],
        }
        for row in streams["rows"]
    ]
    growth = {
        "particles": "exponent of the growth",
        **dict(zip(list(frames[0])[1:], streams["exponents"].values(), strict=True)),
    }
    networks = [
        {
            "network": f"`{row['network']}`",
            "particles": row["particles"],
            "edges a particle": row["edges"],
            "slots a particle": row["slots"],
            "memory of the gradient of 50 frames (MB)": round(row["gradient_bytes"] / 1e6),
            "a frame (ms)": 1e3 * row["step"]["cpu"],
            "search in it (ms)": 1e3 * row["search"]["cpu"],
            "its share": row["share"]["cpu"],
            "a frame's gradient (ms)": 1e3 * row["gradient"]["cpu"],
        }
        for row in load("stream_networks")["results"]
    ]
    parts = (
        ("`python -m benchmarks.studies.inner_loop`", loops, "inner_loop"),
        (
            "`python -m benchmarks.studies.inner_loop --task watercourse-direction --model "
            "watercourse --repeats 2`, processor time",
            space,
            "inner_loop-watercourse",
        ),
        ("`python -m benchmarks.speed.gradient`", adjoints, "gradient"),
        ("`python -m benchmarks.speed.step`", steps, "step"),
        ("`python -m benchmarks.studies.stream`, processor time", [*frames, growth], "stream"),
        (
            "`python -m benchmarks.studies.stream_networks`, processor time",
            networks,
            "stream_networks",
        ),
        ("`python -m benchmarks.speed.message_passing`", messages, "message_passing"),
    )
    said = "The least of interleaved repeats, compilation left out."
    blocks = (
        block for how, rows, name in parts for block in (f"{how}:", table(rows), source(name))
    )
    return section("Times", said, *blocks)
