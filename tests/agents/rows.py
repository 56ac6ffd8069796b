"""The agents, and how each is configured to use a gateway and to call no other host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.agents.packages import Npm
from tests.agents.sdks import SDKS
from tests.agents.task import Agent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.agents.task import Commands, Task


# --- Claude Code -------------------------------------------------------------------------------


def _claude_code(task: Task) -> Commands:
    return (("claude", "-p", task.prompt, "--allowedTools", "Write", "Bash", "Read"),)


def _claude_code_environment(task: Task, key: str = "ANTHROPIC_AUTH_TOKEN") -> Mapping[str, str]:
    """See https://code.claude.com/docs/en/llm-gateway."""
    return {
        "ANTHROPIC_BASE_URL": task.url,
        key: task.key,
        "ANTHROPIC_MODEL": task.model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": task.model,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "IS_SANDBOX": "1",
    }


# --- Codex -------------------------------------------------------------------------------------


def _codex(task: Task, provider: str) -> Commands:
    """See https://developers.openai.com/codex/config-reference."""
    head = f'model = "{task.model}"\ncheck_for_update_on_startup = false\n'
    task.configure(
        ".codex/config.toml",
        f"{head}{provider}\n[analytics]\nenabled = false\n[features]\nplugins = false\napps = false\n",
    )
    flags = ("--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
    return (("codex", "exec", *flags, task.prompt),)


def _codex_over_http(task: Task) -> Commands:
    return _codex(
        task,
        'model_provider = "oneapi"\n[model_providers.oneapi]\nname = "One API"\n'
        f'base_url = "{task.url}/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"\n',
    )


def _codex_over_its_own_provider(task: Task) -> Commands:
    """It tries a WebSocket first."""
    return _codex(task, f'openai_base_url = "{task.url}/v1"\n')


def _codex_environment(task: Task) -> Mapping[str, str]:
    return {"OPENAI_API_KEY": task.key, "CODEX_API_KEY": task.key}


# --- Gemini CLI, Qwen Code ---------------------------------------------------------------------

QUIET = {
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
}


def _gemini_cli(task: Task) -> Commands:
    """See https://geminicli.com/docs/reference/configuration."""
    security = {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}}
    task.configure(".gemini/settings.json", QUIET | {"security": security})
    return (("gemini", "--yolo", "-p", task.prompt),)


def _gemini_cli_environment(task: Task) -> Mapping[str, str]:
    return {"GEMINI_API_KEY": task.key, "GOOGLE_GEMINI_BASE_URL": task.url, "GEMINI_MODEL": task.model}


def _qwen_code(kind: str) -> Callable[[Task], Commands]:
    def commands(task: Task) -> Commands:
        task.configure(".qwen/settings.json", QUIET | {"security": {"folderTrust": {"enabled": False}}})
        return (("qwen", "--auth-type", kind, "--yolo", "-p", task.prompt),)

    return commands


def _qwen_code_environment(task: Task) -> Mapping[str, str]:
    return {
        "OPENAI_API_KEY": task.key,
        "OPENAI_BASE_URL": f"{task.url}/v1",
        "OPENAI_MODEL": task.model,
        "ANTHROPIC_API_KEY": task.key,
        "ANTHROPIC_BASE_URL": task.url,
        "ANTHROPIC_MODEL": task.model,
        **_gemini_cli_environment(task),
    }


# --- opencode, pi ------------------------------------------------------------------------------


def _opencode(package: str, version: str = "v1") -> Callable[[Task], Commands]:
    """See https://opencode.ai/docs/config."""

    def commands(task: Task) -> Commands:
        limit = {"context": 128_000, "output": 8192}
        model = {"name": task.model, "tool_call": True, "limit": limit}
        provider = {
            "npm": package,
            "name": "One API",
            "options": {"baseURL": f"{task.url}/{version}", "apiKey": task.key},
            "models": {task.model: model},
        }
        settings = {
            "autoupdate": False,
            "share": "disabled",
            "model": f"oneapi/{task.model}",
            "small_model": f"oneapi/{task.model}",
            "permission": {
                "edit": "allow",
                "bash": "allow",
                "webfetch": "deny",
                "external_directory": "allow",
            },
            "provider": {"oneapi": provider},
        }
        task.configure(".config/opencode/opencode.json", settings)
        return (("opencode", "run", task.prompt),)

    return commands


def _opencode_environment(_task: Task) -> Mapping[str, str]:
    off = ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")
    return {f"OPENCODE_DISABLE_{name}": "1" for name in off} | {
        "OPENCODE_PURE": "1",
        "npm_config_offline": "true",
    }


def _pi(api: str, below: str) -> Callable[[Task], Commands]:
    def commands(task: Task) -> Commands:
        model = {
            "id": task.model,
            "name": task.model,
            "reasoning": api == "anthropic-messages",
            "input": ["text"],
            "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
            "contextWindow": 128_000,
            "maxTokens": 8192,
        }
        provider = {"baseUrl": task.url + below, "api": api, "apiKey": "ONEAPI_KEY", "models": [model]}
        task.configure(".pi/agent/models.json", {"providers": {"oneapi": provider}})
        return (("pi", "--provider", "oneapi", "--model", task.model, "-p", task.prompt),)

    return commands


def _pi_environment(task: Task) -> Mapping[str, str]:
    return {"ONEAPI_KEY": task.key, "PI_SKIP_VERSION_CHECK": "1", "PI_OFFLINE": "1"}


# --- Cline, Continue ---------------------------------------------------------------------------


CLINES_SETTINGS = "cline.json"


def _cline(task: Task) -> Commands:
    task.configure(CLINES_SETTINGS, {"telemetryOptOut": True, "autoUpdateEnabled": False})
    settings = ("-p", "openai", "-k", task.key, "-m", task.model, "-b", f"{task.url}/v1")
    return (("cline", "auth", *settings), ("cline", "--yolo", task.prompt))


def _cline_environment(task: Task) -> Mapping[str, str]:
    return {"CLINE_TELEMETRY_DISABLED": "1", "CLINE_GLOBAL_SETTINGS_PATH": str(task.home / CLINES_SETTINGS)}


def _continue(task: Task) -> Commands:
    model = {
        "name": "m",
        "provider": "openai",
        "model": task.model,
        "apiBase": f"{task.url}/v1",
        "apiKey": task.key,
        "roles": ["chat", "edit"],
        "capabilities": ["tool_use"],
    }
    settings = {"name": "oneapi", "version": "0.0.1", "schema": "v1", "models": [model]}
    task.configure("config.yaml", settings)
    return (("cn", "--config", str(task.home / "config.yaml"), "--auto", "-p", task.prompt),)


AGENTS = (
    Agent("claude-code", Npm("@anthropic-ai/claude-code"), _claude_code, _claude_code_environment),
    Agent("codex", Npm("@openai/codex"), _codex_over_http, _codex_environment),
    Agent(
        "codex-own-provider",
        Npm("@openai/codex"),
        _codex_over_its_own_provider,
        _codex_environment,
        {"openai": "gpt-6.2-sol"},
    ),
    Agent("gemini-cli", Npm("@google/gemini-cli"), _gemini_cli, _gemini_cli_environment),
    Agent("opencode-chat", Npm("opencode-ai"), _opencode("@ai-sdk/openai-compatible"), _opencode_environment),
    Agent("opencode-responses", Npm("opencode-ai"), _opencode("@ai-sdk/openai"), _opencode_environment),
    Agent("opencode-messages", Npm("opencode-ai"), _opencode("@ai-sdk/anthropic"), _opencode_environment),
    Agent("opencode-gemini", Npm("opencode-ai"), _opencode("@ai-sdk/google", "v1beta"), _opencode_environment),
    Agent("qwen-chat", Npm("@qwen-code/qwen-code"), _qwen_code("openai"), _qwen_code_environment),
    Agent("qwen-messages", Npm("@qwen-code/qwen-code"), _qwen_code("anthropic"), _qwen_code_environment),
    Agent("qwen-gemini", Npm("@qwen-code/qwen-code"), _qwen_code("gemini"), _qwen_code_environment),
    Agent("pi-chat", Npm("@mariozechner/pi-coding-agent"), _pi("openai-completions", "/v1"), _pi_environment),
    Agent("pi-responses", Npm("@mariozechner/pi-coding-agent"), _pi("openai-responses", "/v1"), _pi_environment),
    Agent("pi-messages", Npm("@mariozechner/pi-coding-agent"), _pi("anthropic-messages", ""), _pi_environment),
    Agent("pi-gemini", Npm("@mariozechner/pi-coding-agent"), _pi("google-generative-ai", "/v1beta"), _pi_environment),
    Agent("cline", Npm("cline"), _cline, _cline_environment, calls=("data.cline.bot",)),
    Agent(
        "continue",
        Npm("@continuedev/cli"),
        _continue,
        lambda _task: {"CONTINUE_TELEMETRY_ENABLED": "0", "CONTINUE_METRICS_ENABLED": "0"},
        calls=("api.continue.dev",),
    ),
    *SDKS,
)  # fmt: skip
