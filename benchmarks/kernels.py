"""A fresh IPython kernel, and the cell that latencies are measured on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import start_new_kernel

# Pandas and json, one thread: a day's work of many notebooks.
CELL = """
import json, random, time
import pandas as pd

chance = random.Random(1)

def order(number):
    return {{"id": number, "city": chance.choice(["Oslo", "Bergen", "Tromsø", "Bodø"]),
            "day": f"2026-03-{{chance.randint(1, 28):02}}", "lines": chance.randint(1, 9),
            "price": round(chance.random() * 100, 2)}}

def load(text):
    return pd.DataFrame(json.loads(text)["orders"])

def clean(frame):
    frame = frame.assign(day=pd.to_datetime(frame["day"]), sum=frame["price"] * frame["lines"])
    return frame[frame["sum"] > 5].sort_values(["day", "sum"])

def summarise(frame):
    by_city = frame.groupby(["city", "day"])["sum"].agg(["mean", "max", "count"]).reset_index()
    wide = by_city.pivot(index="day", columns="city", values="mean").rolling(7).mean()
    return frame.merge(by_city, on=["city", "day"]).describe().to_json(), wide.to_csv()

def day_of_work(orders):
    text = json.dumps({{"orders": orders}})
    return summarise(clean(load(text)))

orders = [order(number) for number in range(3000)]
until = time.perf_counter() + {seconds}
while time.perf_counter() < until:
    day_of_work(orders)
"""


class Kernel:
    """Runs cells and returns their outputs as a notebook would keep them."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, code: str) -> list[dict[str, Any]]:
        outputs: list[dict[str, Any]] = []

        def take(message: dict[str, Any]) -> None:
            if message["msg_type"] in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(message))

        reply = self.client.execute_interactive(code, output_hook=take, timeout=120)
        if reply["content"]["status"] != "ok":
            raise SystemExit("\n".join(reply["content"]["traceback"]))
        return outputs


@contextmanager
def kernel(home: Path) -> Iterator[Kernel]:
    manager, client = start_new_kernel(env={**os.environ, "IPYTHONDIR": str(home)})
    try:
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def stored_bytes(outputs: list[dict[str, Any]]) -> int:
    """Return what outputs add to the size of a notebook's file."""
    return notebook_size(outputs) - notebook_size([])


def notebook_size(outputs: list[dict[str, Any]]) -> int:
    cell = nbformat.v4.new_code_cell("pass", outputs=outputs, id="cell")
    return len(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode())
