"""The behaviour of the scripted model, for all formats."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Fields = dict[str, Any]
GIVEN, COPY = "given.txt", "copy.txt"
WORD = re.compile(r"word-[0-9a-f]{8}")
TASK = re.compile(rf"(/[^\s'\"`<>]*)/{re.escape(GIVEN)}")
THOUGHT, SIGNATURE = "I think.", "c2lnbmF0dXJl"
#: More results than the task takes; beyond this, agent and model do not understand each other.
MOST_RESULTS = 6

#: Names of agents' tools by purpose, in order of preference.
READERS = ("Read", "read_file", "read", "read_files")
WRITERS = ("Write", "write_file", "write", "create_new_file", "editor", "apply_patch")
SHELLS = (
    "Bash", "bash", "exec_command", "shell", "shell_command", "run_shell_command", "run_commands",
    "run_terminal_command",
)  # fmt: skip
FINISHERS = ("attempt_completion", "submit_and_exit")
#: The tool of Codex that runs a script, which calls the other tools: without and with its namespace.
SCRIPTS = ("exec", "functions__exec")
#: Names of parameters by purpose.
PATHS = ("file_path", "filePath", "filepath", "path", "absolute_path")
CONTENTS = ("content", "contents", "new_text")
COMMANDS = ("command", "commands", "cmd")


@frozen
class Tool:
    """An offered tool. ``schema`` is None if it takes plain text."""

    name: str
    schema: Mapping[str, Any] | None


@frozen
class Asked:
    """The contents of a request."""

    stream: bool
    model: str
    #: The texts of users and the results of tools, in order.
    texts: Sequence[str]
    results: Sequence[str]
    tools: Sequence[Tool]
    #: The schema of the JSON that is requested as the answer.
    schema: Mapping[str, Any] | None = None
    thinking: bool = False


@frozen
class Call:
    name: str
    #: A text for a tool that takes plain text.
    arguments: Fields | str

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@frozen
class Said:
    text: str = ""
    call: Call | None = None
    thought: str = ""


@frozen
class Counts:
    """Usage in tokens; cached tokens are part of the prompt."""

    prompt: int
    cached: int
    completion: int

    @classmethod
    def of(cls, body: bytes, said: Said) -> Counts:
        prompt = 10 + len(body) // 4
        return cls(prompt, prompt // 2, 5 + len(said.text) // 4 + 7 * (said.call is not None))


def prompt(folder: Path | str) -> str:
    return (
        f"Read the file {folder}/{GIVEN}, write the word in it to the file {folder}/{COPY}, "
        "show that file with a shell command, and then say done."
    )


def decide(asked: Asked) -> Said:
    thought = THOUGHT if asked.thinking else ""
    task = TASK.search("\n".join(asked.texts))
    if asked.schema is not None:
        return Said(json.dumps(_fitting(asked.schema, {})), thought=thought)
    if task is None or not asked.tools:
        return Said("All is well.", thought=thought)
    text, call = _Task({tool.name: tool for tool in asked.tools}, task[1]).next(asked.results)
    return Said(text, call, thought)


@frozen
class _Task:
    """The task's steps, as calls of the available tools."""

    tools: Mapping[str, Tool]
    folder: str

    def next(self, results: Sequence[str]) -> tuple[str, Call | None]:
        """The text and the call that follow these results."""
        word = WORD.search("\n".join(results))
        if word is None:
            readable = len(results) < MOST_RESULTS
            return ("I read the file.", self.read()) if readable else ("The word is not there.", None)
        if len(results) == 1:
            return "", self.write(word[0])
        if len(results) == 2:  # it was read and written
            return "", self.show()
        return f"Done: {word[0]}.", self.finish()

    def read(self) -> Call:
        return self._file(READERS, GIVEN, "") or self._run(f"cat {self.folder}/{GIVEN}")

    def write(self, word: str) -> Call:
        return self._file(WRITERS, COPY, word) or self._run(f"echo {word} > {self.folder}/{COPY}")

    def show(self) -> Call:
        return self._run(f"cat {self.folder}/{COPY}")

    def finish(self) -> Call | None:
        tool = self._first(FINISHERS)
        return None if tool is None else _call(tool, {"result": "Done.", "summary": "The task is done."})

    def _first(self, names: Sequence[str]) -> Tool | None:
        return next((self.tools[name] for name in names if name in self.tools), None)

    def _file(self, names: Sequence[str], name: str, content: str) -> Call | None:
        tool = self._first(names)
        if tool is None:
            return None
        path = f"{self.folder}/{name}"
        if tool.name == "apply_patch":
            patch = f"*** Begin Patch\n*** Add File: {path}\n+{content}\n*** End Patch\n"
            return _call(tool, {"input": patch, "patchText": patch})
        return _call(tool, dict.fromkeys(PATHS, path) | dict.fromkeys(CONTENTS, content))

    def _run(self, command: str) -> Call:
        script = self._first(SCRIPTS)
        if script is not None:
            text = f"const r = await tools.exec_command({{cmd: {json.dumps(command)}}});\ntext(r);\n"
            return _call(script, {"input": text})
        tool = self._first(SHELLS)
        assert tool is not None, f"no tool runs commands: {sorted(self.tools)}"
        return _call(tool, dict.fromkeys(COMMANDS, command))


def _call(tool: Tool, known: Fields) -> Call:
    return Call(tool.name, str(known["input"]) if tool.schema is None else _fitting(tool.schema, known))


def _fitting(schema: Mapping[str, Any], known: Mapping[str, Any], name: str = "") -> Any:
    """A small value of ``schema``, with fields from ``known`` and everything else that is required."""
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    kinds = [each.lower() for each in (kind if isinstance(kind, list) else [kind])]
    if schema.get("enum"):
        return schema["enum"][0]
    if "object" in kinds:
        fields = schema.get("properties") or {}
        wanted = {*schema.get("required", ()), *known}
        return {each: _fitting(about, known, each) for each, about in fields.items() if each in wanted}
    if "array" in kinds:
        return [_fitting(schema.get("items", {}), known, name)]
    if {"integer", "number"} & set(kinds):
        return schema.get("minimum", 1)
    return False if "boolean" in kinds else known.get(name, "x")
