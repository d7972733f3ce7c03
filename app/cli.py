"""The command line. Names of verbs and outputs are a contract: other people's checks parse them.

stdout carries only the result; everything else goes to stderr. A refusal is one sentence and exit code 2.
"""

from __future__ import annotations

import errno
import importlib
import io
import keyword
import os
import pkgutil
import sys
from pathlib import Path

import click

from app import verbs
from app.place import Place
from pipelines import __version__
from pipelines.errors import CloudholdError

LONGEST_MESSAGE = 590
# What the machine may refuse us without a fault of ours: rights, and room.
IN_THE_WAY = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)


class ReaderGone(Exception):
    """The reader of our output has gone; there is nobody left to tell."""


class Verbs(click.Group):
    """The verbs, one module each. Only the one that was asked for is imported: a start is most of a short run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(
            info.name.rstrip("_") for info in pkgutil.iter_modules(verbs.__path__) if not info.name.startswith("_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = cmd_name + "_" * keyword.iskeyword(cmd_name)
        command: click.Command = importlib.import_module(f"app.verbs.{module}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        # Click would end a closed pipe with code 1, which says that the fault is ours.
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cloudhold")
@click.option("--store", type=Place(), help="Folder that keeps records and editions.")
@click.pass_context
def cloudhold(context: click.Context, store: Path | None) -> None:
    """Which clouds UK public services depend on, who signed the contract, and what an outage would expose.

    Without a verb it serves the dashboard. Only collect and scan use the network.

    Example: cloudhold outage --provider azure --region uksouth --hours 8 --json
    """
    context.obj = {"store": store}
    if context.invoked_subcommand is None:
        serve = cloudhold.get_command(context, "serve")
        assert serve is not None
        context.invoke(serve)


def _one_sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    # A file's name may hold bytes that are no text.
    encoded = text.encode(errors="backslashreplace")
    text = encoded.decode()
    if len(encoded) > LONGEST_MESSAGE - 12:
        text = encoded[: LONGEST_MESSAGE - 15].decode(errors="ignore") + "…"
    return text


def _open_ends() -> None:
    """Both ends of the command are there and take every letter: a shell may close one, a console may know few."""
    for name in ("stdout", "stderr"):
        end = getattr(sys, name)
        if end is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open for the whole run
        elif isinstance(end, io.TextIOWrapper):
            end.reconfigure(encoding="utf-8", errors="backslashreplace")


def _drop_output() -> None:
    """What still waits to be written goes nowhere, and the interpreter does not stumble over it on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: Exception) -> int:
    """Say in one sentence what nobody foresaw; the exit code that it ends with."""
    import traceback

    if os.environ.get("CLOUDHOLD_DEBUG"):
        traceback.print_exc()
    if isinstance(error, OSError) and error.errno in IN_THE_WAY:
        place, reason = error.filename or "the output", error.strerror
        click.echo(
            f"cloudhold: {_one_sentence(f'{place} cannot be used ({reason})')}; make way, or name another", err=True
        )
        if not error.filename:
            _drop_output()
        return 2
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    click.echo(
        f"cloudhold: our fault: {_one_sentence(f'{type(error).__name__} in {where}: {error}')}; please report it "
        "(CLOUDHOLD_DEBUG=1 shows more)",
        err=True,
    )
    return 1


def main(arguments: list[str] | None = None) -> None:
    """Run one command; end with the exit code of the contract."""
    code = 0
    _open_ends()
    try:
        result = cloudhold.main(args=arguments, prog_name="cloudhold", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        sys.stdout.flush()
    except CloudholdError as error:
        click.echo(f"cloudhold: {_one_sentence(str(error))}", err=True)
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.ClickException as error:
        click.echo(f"cloudhold: {_one_sentence(error.format_message())}; see --help", err=True)
        code = 2
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("cloudhold: stopped; what was committed is kept", err=True)
        code = 3
    except (ReaderGone, BrokenPipeError):
        _drop_output()
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
        code = _tell(error)
    sys.exit(code)


if __name__ == "__main__":
    main()
