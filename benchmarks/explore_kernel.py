"""What runs in the kernel while an explorer is measured: a large profile, and clocks."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from explore_profiles import walk

from perfnb.model import CallTree, Profile
from perfnb.views.explore.answers import Answers
from perfnb.views.explore.app import Explorer, explore
from perfnb.views.explore.bridge import Bridge
from perfnb.views.explore.pane import Pane

SAMPLES, LOST = 86_000, 12.0
"""They give a million nodes."""


def large() -> Profile:
    return walk(SAMPLES, lost=LOST)


def explored(profile: Profile, file: str) -> Explorer:
    """Return an explorer that writes, for each answer, seconds of its steps and its size."""
    notes: dict[Any, dict[str, Any]] = {}

    def received(bridge: Bridge, sender: Any, message: Any, buffers: Any) -> None:
        if message.get("type") == "ask":
            notes[message["id"]] = {"what": message["kind"], "received": time.perf_counter()}
        inner_received(bridge, sender, message, buffers)

    def ask(answers: Answers, question: Any, progress: Any) -> Any:
        note = notes.setdefault(question["id"], {})
        note["began"] = time.perf_counter()
        result = inner_ask(answers, question, progress)
        note["asked"] = time.perf_counter()
        return result

    def answer(pane: Pane, task: Any, answers: Any, question: Any, about: Any) -> None:
        inner_answer(pane, task, answers, question, about)
        note = notes.pop(question["id"])
        sent = time.perf_counter()
        line = {
            "id": question["id"],
            "what": note["what"],
            "waiting": note["began"] - note["received"],
            "computing": note["asked"] - note["began"],
            "sending": sent - note["asked"],
            "bytes": note.get("bytes", 0),
        }
        with Path(file).open("a") as out:
            out.write(json.dumps(line) + "\n")

    def say(bridge: Bridge, message: Any, buffers: Any = ()) -> None:
        if message.get("type") == "answer":
            notes[message["id"]]["bytes"] = sum(map(len, buffers))
        inner_say(bridge, message, buffers)

    inner_received, inner_ask = Bridge._received, Answers.ask
    inner_answer, inner_say = Pane._answer, Bridge.answer
    Bridge._received, Bridge.answer = received, say  # type: ignore[method-assign,assignment]
    Answers.ask, Pane._answer = ask, answer  # type: ignore[method-assign]
    return explore(profile)


def facts(profile: Profile) -> str:
    """Return how large a profile is, as JSON."""
    return json.dumps({"samples": len(profile), "nodes": len(CallTree.of(profile))})
