"""A model that does one small task with the tools of any agent, in the formats of four providers.

It reads a file, writes the word in it to a second file, shows that file with a command, and says that it is done. This
works only if tools, calls and results reach the model unchanged, and its answers reach the agent::

    model = ScriptedModel()
    upstream.always(None, model)
    ...
    assert model.turns[0].said.call.name == "read_file"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from tests.support.providers.answers import error_reply, json_reply
from tests.support.providers.scripted_model.formats import ALL, Format
from tests.support.providers.scripted_model.script import Asked, Counts, Said, decide, prompt

if TYPE_CHECKING:
    from tests.support.providers.upstream import Answer, ReceivedRequest

__all__ = ["Asked", "Counts", "Format", "Said", "ScriptedModel", "Turn", "prompt"]


@frozen
class Turn:
    """A request in the provider's format, and its answer."""

    asked: Asked
    said: Said
    counts: Counts


class ScriptedModel:
    """A ``Behaviour`` for a programmable upstream."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    def __call__(self, request: ReceivedRequest) -> Answer:
        for each in ALL:
            if request.path.endswith(each.counts):
                return json_reply({each.count_field: len(request.body) // 4})
            if request.path.endswith(each.verbs):
                asked = each.read(request)
                said = decide(asked)
                counts = Counts.of(request.body, said)
                self.turns.append(Turn(asked, said, counts))
                return each.answer(asked, said, counts)
        return error_reply(404, f"no model is at {request.method} {request.target}")
