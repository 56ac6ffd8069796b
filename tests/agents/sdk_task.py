"""The agents' task with an SDK alone: ``python sdk_task.py KIND MODEL PROMPT URL``, where the SDK is installed.

It knows nothing of the project, as it runs with versions of the SDKs that the project does not have. Every second
answer is streamed. Keys stand where the SDKs look for them.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TEXT = {"type": "string"}
TOOLS = {
    "Read": {"file_path": TEXT},
    "Write": {"file_path": TEXT, "content": TEXT},
    "Bash": {"command": TEXT},
}
SCHEMAS = {
    name: {"type": "object", "properties": fields, "required": list(fields)} for name, fields in TOOLS.items()
}
MOST_TURNS = 8


def use(name: str, given: dict[str, str]) -> str:
    """The result of a tool."""
    if name == "Read":
        return Path(given["file_path"]).read_text()
    if name == "Write":
        Path(given["file_path"]).write_text(given["content"])
        return "It is written."
    done = subprocess.run(("sh", "-c", given["command"]), capture_output=True, text=True, check=True)
    return done.stdout


def sdk(name: str) -> Any:
    """A module that only its own environment has; nothing of it is certain by types."""
    return importlib.import_module(name)


def messages(model: str, prompt: str) -> str:
    client = sdk("anthropic").Anthropic(max_retries=0)
    history: list[Any] = [{"role": "user", "content": prompt}]
    tools = [{"name": name, "input_schema": schema} for name, schema in SCHEMAS.items()]
    for turn in range(MOST_TURNS):
        fields = {"model": model, "max_tokens": 4096, "messages": history, "tools": tools}
        if turn % 2:
            with client.messages.stream(**fields) as stream:
                message = stream.get_final_message()
        else:
            message = client.messages.create(**fields)
        history.append({"role": "assistant", "content": message.content})
        used = [block for block in message.content if block.type == "tool_use"]
        if not used:
            return "".join(block.text for block in message.content)
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": use(block.name, block.input)}
            for block in used
        ]
        history.append({"role": "user", "content": results})
    raise SystemExit("it does not end")


def chat(model: str, prompt: str) -> str:
    client = sdk("openai").OpenAI(max_retries=0)
    history: list[Any] = [{"role": "user", "content": prompt}]
    functions = [{"name": name, "parameters": schema} for name, schema in SCHEMAS.items()]
    tools = [{"type": "function", "function": function} for function in functions]
    for turn in range(MOST_TURNS):
        create = client.chat.completions.create
        if turn % 2:
            text = ""
            calls: dict[int, dict[str, str]] = {}
            for chunk in create(model=model, messages=history, tools=tools, stream=True):
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    for piece in choice.delta.tool_calls or ():
                        call = calls.setdefault(piece.index, {"id": piece.id, "name": "", "arguments": ""})
                        call["name"] += piece.function.name or ""
                        call["arguments"] += piece.function.arguments or ""
            made = list(calls.values())
        else:
            message = create(model=model, messages=history, tools=tools).choices[0].message
            text = message.content or ""
            made = [
                {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
                for call in message.tool_calls or ()
            ]
        if not made:
            return text
        asked = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for call in made
        ]
        history.append({"role": "assistant", "content": text or None, "tool_calls": asked})
        for call in made:
            result = use(call["name"], json.loads(call["arguments"]))
            history.append({"role": "tool", "tool_call_id": call["id"], "content": result})
    raise SystemExit("it does not end")


def responses(model: str, prompt: str) -> str:
    client = sdk("openai").OpenAI(max_retries=0)
    tools = [
        {"type": "function", "name": name, "parameters": schema, "strict": False}
        for name, schema in SCHEMAS.items()
    ]
    given: list[Any] = [{"role": "user", "content": prompt}]
    before = None
    for turn in range(MOST_TURNS):
        fields = {"model": model, "input": given, "tools": tools, "previous_response_id": before}
        if turn % 2:
            *_, last = client.responses.create(stream=True, **fields)
            response = last.response
        else:
            response = client.responses.create(**fields)
        made = [item for item in response.output if item.type == "function_call"]
        if not made:
            return str(response.output_text)
        given, before = [], response.id
        for call in made:
            result = use(call.name, json.loads(call.arguments))
            given.append({"type": "function_call_output", "call_id": call.call_id, "output": result})
    raise SystemExit("it does not end")


def gemini(model: str, prompt: str) -> str:
    types = sdk("google.genai.types")
    client = sdk("google.genai").Client(http_options=types.HttpOptions(base_url=sys.argv[4]))
    declared = [
        {
            "name": name,
            "parameters": {
                "type": "OBJECT",
                "properties": {each: {"type": "STRING"} for each in fields},
                "required": list(fields),
            },
        }
        for name, fields in TOOLS.items()
    ]
    config = {"tools": [{"function_declarations": declared}]}
    history = [types.Content(role="user", parts=[types.Part(text=prompt)])]
    for turn in range(MOST_TURNS):
        fields = {"model": model, "contents": history, "config": config}
        if turn % 2:
            chunks = list(client.models.generate_content_stream(**fields))
        else:
            chunks = [client.models.generate_content(**fields)]
        contents = [chunk.candidates[0].content for chunk in chunks]
        parts = [part for content in contents if content for part in content.parts or ()]
        history.append(types.Content(role="model", parts=parts))
        made = [part.function_call for part in parts if part.function_call]
        if not made:
            return "".join(part.text or "" for part in parts)
        results = [
            types.Part.from_function_response(name=call.name, response={"output": use(call.name, call.args)})
            for call in made
        ]
        history.append(types.Content(role="user", parts=results))
    raise SystemExit("it does not end")


KINDS = {"messages": messages, "chat": chat, "responses": responses, "gemini": gemini}

if __name__ == "__main__":
    print(KINDS[sys.argv[1]](*sys.argv[2:4]))
