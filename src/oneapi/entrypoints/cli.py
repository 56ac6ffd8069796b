"""The command line: ``oneapi [serve] [--port N] [--log-dir D] [--workers N] [--demo]``, or another command."""

from __future__ import annotations

import gc
import re
import sys
from typing import TYPE_CHECKING

import click

from oneapi import __version__
from oneapi.domain.errors import OperatorError
from oneapi.entrypoints.errors.answers import text_of
from oneapi.entrypoints.settings import CannotStart, Settings, environment

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = ("serve", "encrypt-keys", "decrypt-keys", "retry-charges")
#: The original, written in Go, also accepts its options with a single dash.
_GO_OPTION = re.compile(r"-(port|log-dir|workers|demo|version|help)(=.*)?", re.DOTALL)


@click.command(context_settings={"help_option_names": ["--help", "-h"]})
@click.argument("command", type=click.Choice(COMMANDS), default="serve")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on [3000]; PORT takes precedence."
)
@click.option(
    "--log-dir", default="./logs", show_default=True, help="Directory of the log file; '' for no file."
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Number of worker processes [1]; WORKERS takes precedence."
)
@click.option(
    "--demo", is_flag=True, help="Add a demo channel and a token to try the gateway without a provider."
)
@click.version_option(__version__, message="%(version)s")
def oneapi(command: str, port: int | None, log_dir: str, workers: int | None, *, demo: bool) -> int:
    """One API: one address and one key for many language models.

    encrypt-keys and decrypt-keys convert the secrets in the database - providers' keys, secret options, keys of tokens
    and access tokens - with ENCRYPTION_KEY set. retry-charges stores the charges that the database refused and that
    were set aside.

    Everything else is set by environment variables, also in a file .env: see docs/reference/settings.md.
    """
    environ = environment()
    for name, option in {"PORT": port, "WORKERS": workers}.items():
        if option is not None and not environ.get(name, "").strip():
            environ[name] = str(option)
    settings = Settings.from_environment(environ)
    if command == "retry-charges":
        from oneapi.entrypoints.charges import retry_charges  # noqa: PLC0415  # as below

        return retry_charges(settings)
    if command != "serve":
        from oneapi.entrypoints.keys import convert_keys  # noqa: PLC0415  # as below

        return convert_keys(settings, encrypt=command == "encrypt-keys")
    gc.disable()  # importing leaves no garbage, and looking for it would take a sixth of the start
    from oneapi.entrypoints.server import serve  # noqa: PLC0415  # slow to import; not needed for --help

    gc.freeze()
    gc.enable()
    return serve(settings, port=settings.port, log_dir=log_dir, workers=settings.workers, demo=demo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code. Expected failures are reported in one line on standard error."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        result = oneapi.main(
            [f"-{text}" if _GO_OPTION.fullmatch(text) else text for text in given],
            prog_name="oneapi",
            standalone_mode=False,
        )
    except click.ClickException as error:
        return _fail(f"{error.format_message()} See oneapi --help.", error.exit_code)
    except (CannotStart, OSError) as error:
        return _fail(str(error), 1)
    except OperatorError as error:
        return _fail(text_of(error, "en"), 1)
    except (click.Abort, KeyboardInterrupt):
        return 130
    return int(result or 0)


def _fail(text: str, code: int) -> int:
    click.echo(f"oneapi: {' '.join(text.split())}", err=True)
    return code
