"""The entry point: the application with its commands, and what an error looks like."""

from __future__ import annotations

import sys
import time
import traceback
from typing import Protocol, runtime_checkable

STARTED = time.monotonic()  # the time limit of a fit counts from here, imports included

import typer  # noqa: E402

from automl.cli.plain import plain  # noqa: E402
from automl.errors import AutoMLError  # noqa: E402
from automl.version import VERSION  # noqa: E402

HELP = "From a table and a column to predict to a model that can be trusted and shipped."
USAGE_ERROR = 2
INTERRUPTED = 130
_LONGEST = 4000  # characters of an error message


@runtime_checkable
class _UsageError(Protocol):
    """An error of the option parser, which typer carries a private copy of."""

    def format_message(self) -> str:
        """Say what is wrong with the command line."""
        ...


def build_app() -> typer.Typer:
    """Assemble the built-in commands and those that plugins bring."""
    from automl.cli import check, evaluate, features, fit, leaderboard, log, plugin, plugins, predict

    app = typer.Typer(help=HELP, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(_options)
    app.command("fit")(fit.fit)
    app.command("features")(features.features)
    app.command("check")(check.check)
    app.command("predict")(predict.predict)
    app.command("evaluate")(evaluate.evaluate)
    app.command("leaderboard")(leaderboard.leaderboard)
    app.command("log")(log.log)
    app.add_typer(plugins.app, name="plugins")
    app.add_typer(plugin.app, name="plugin")
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"automl-engine {VERSION}\n")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
    ),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error; works after a command too."),
) -> None:
    """Describe the options that stand before a command; both are dealt with elsewhere."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; an error is one line on standard error and exit code 2."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command and return the exit code. `--debug` anywhere shows the traceback of an error."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"] or ["--help"]
    try:
        app = build_app()
        if arguments[0] not in {"--help", "--version"}:
            _add_plugin_commands(app, arguments, debug)
        code = app(arguments, prog_name="automl", standalone_mode=False)
    except AutoMLError as error:
        return _failed(str(error), debug)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        return 0  # the reader of our output has seen enough
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{error.strerror or error}: look at the path, its permissions and the free space", debug)
    except Exception as error:  # the end of the program: a mistake of ours is one line too, and --debug shows where
        if isinstance(error, _UsageError):
            return _failed(error.format_message(), debug)
        return _failed(f"internal error: {type(error).__name__}: {error} (run again with --debug and report it)", debug)
    return code if isinstance(code, int) else 0


def _add_plugin_commands(app: typer.Typer, arguments: list[str], debug: bool) -> None:
    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    if arguments[0] in known:
        return  # plugins may add commands, not change ours: no need to load them here
    from automl.plugin.registry import discover

    hook = discover().hook
    for implementation in hook.automl_commands.get_hookimpls() if hook is not None else ():
        try:
            implementation.function(*([app] if implementation.argnames else []))
        except Exception as error:  # a plugin's mistake costs its own commands only
            if debug:
                traceback.print_exc()
            why = f"{type(error).__name__}: {error}"
            sys.stderr.write(f"plugin '{implementation.plugin_name}' adds no commands: {why}\n")


def _failed(message: str, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    # What a file says can be part of a message, and must not steer the terminal.
    sys.stderr.write(f"error: {' '.join(plain(message[:_LONGEST]).split())}\n")
    return USAGE_ERROR
