"""A worker that makes no designs: it does what a run's task says, and starts at once."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from invdesign_worker import bind

orders, answers = bind(int(sys.argv[1]), {int(cpu) for cpu in sys.argv[2].split(",")})
PLACE = {"processor": "none", "threads": len(os.sched_getaffinity(0))}


def tell(kind, order, **content):
    content = {"type": kind, "name": order["name"], **content}
    os.write(answers, json.dumps(content).encode() + b"\n")


def tries(folder):
    """How often a run has been begun, this time included."""
    folder.mkdir(exist_ok=True)
    with open(folder / "tries", "a+") as file:
        file.write(f"{os.getpid()}\n")
        file.seek(0)
        return len(file.readlines())


def obey(order):
    what = order["config"]["task"]
    if order.get("check"):
        if what == "unknown":
            return tell("Failed", order, reason="There is no such task.", detail="")
        return tell("Finished", order, result={})
    if what == "stillborn":
        os._exit(3)
    tell("Began", order, place=PLACE)
    number = tries(Path(order["folder"]))
    if what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "crash-twice" and number <= 2:
        os._exit(7)
    if what == "crash-on":  # further each time
        tell("Moved", order, phase="search", iterations=number, share=number / 6)
        if number < 6:
            os.kill(os.getpid(), signal.SIGKILL)
    if what == "eat":
        hoard = [bytes(b"x" * 2**20) for _ in range(400)]
        time.sleep(60 + len(hoard))
    if what == "hang":
        time.sleep(600)
    if what == "fail" and not (Path(order["folder"]).parent / "mended").exists():
        return tell("Failed", order, reason="the cause", detail="Traceback ...")
    tell("Moved", order, phase="search", iterations=3, share=0.5)
    print("something that a simulator says")
    tell("Finished", order, result={"score": 1.0, "iterations": 3}, programs=number_of_runs())


DONE = []


def number_of_runs():
    DONE.append(1)
    return len(DONE)


with os.fdopen(orders, "rb") as lines:
    for line in lines:
        obey(json.loads(line))
