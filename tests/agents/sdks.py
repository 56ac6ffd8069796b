"""SDKs in their newest and in old versions, which do the task without an agent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.agents.packages import PyPI
from tests.agents.task import Agent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.agents.task import Commands, Task

SCRIPT = Path(__file__).with_name("sdk_task.py")
#: SDKs of that time pass an argument that newer versions of httpx no longer accept.
OLD_HTTPX = ("httpx<0.28",)


def _task(kind: str) -> Callable[[Task], Commands]:
    def commands(task: Task) -> Commands:
        return (("python", str(SCRIPT), kind, task.model, task.prompt, task.url),)

    return commands


def _openai(task: Task) -> Mapping[str, str]:
    return {"OPENAI_API_KEY": task.key, "OPENAI_BASE_URL": f"{task.url}/v1"}


def _anthropic(task: Task) -> Mapping[str, str]:
    return {"ANTHROPIC_API_KEY": task.key, "ANTHROPIC_BASE_URL": task.url}


def _google(task: Task) -> Mapping[str, str]:
    return {"GEMINI_API_KEY": task.key, "GOOGLE_API_KEY": task.key}


SDKS = (
    Agent("sdk-anthropic", PyPI("anthropic"), _task("messages"), _anthropic),
    Agent("sdk-anthropic-0.40", PyPI("anthropic==0.40.0", OLD_HTTPX), _task("messages"), _anthropic),
    Agent("sdk-openai-chat", PyPI("openai"), _task("chat"), _openai),
    Agent("sdk-openai-responses", PyPI("openai"), _task("responses"), _openai),
    Agent("sdk-openai-1.3", PyPI("openai==1.3.5", OLD_HTTPX), _task("chat"), _openai),
    Agent("sdk-google-genai", PyPI("google-genai"), _task("gemini"), _google),
    Agent("sdk-google-genai-1.0", PyPI("google-genai==1.0.0"), _task("gemini"), _google),
)
