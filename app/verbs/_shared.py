"""What verbs share: the store, the JSON line, CSV in and out, refusals that name file and column."""

from __future__ import annotations

import csv
import datetime as dt
import inspect
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.place import store_path
from pipelines import days, reference
from pipelines.errors import Refused
from pipelines.store import Store

# A verb that opens no edition starts without pandas, DuckDB and Arrow: most of its time on a small file.
if TYPE_CHECKING:
    from pipelines.answers import Answer, Figure
    from pipelines.edition import Edition

as_json = click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
edition_option = click.option("--edition", "edition_id", metavar="ID", help="Edition to read; the newest otherwise.")


def add_to_help(command: click.Command, title: str, names: Iterable[str]) -> None:
    """A last line in the help of a verb: the names that it may be given."""
    # Without its margin first: click takes away the margin of the whole, and the added line has none.
    command.help = f"{inspect.cleandoc(command.help or '')}\n\n{title}: {', '.join(names)}."


def store_of(context: click.Context) -> Store:
    return Store(store_path((context.find_root().obj or {}).get("store")))


def edition_of(context: click.Context, edition_id: str | None = None) -> Edition:
    """The edition to read, with a note on stderr where records came in after it was built."""
    from app.stores import current_edition

    store = store_of(context)
    edition = current_edition(store, edition_id)
    if edition.notice:
        say(edition.notice)
    manifest = store.manifest()
    newest = manifest.editions.get(manifest.edition or "")
    if edition_id is None and newest and manifest.parts:
        body = (store.path / "editions" / newest.id / "edition.json").read_bytes()
        inputs = json.loads(body)["inputs"]
        if any(part.path not in inputs for part in manifest.parts):
            say(f"records came in after edition {newest.id} was built; run cloudhold build to see them")
    return edition


def opted_out() -> tuple[str, ...]:
    """Names of data/reference/opt_out.csv that are not asked, nor anything below them."""
    facts = reference.load()
    if not (facts.path / "opt_out.csv").is_file():
        return ()
    return tuple(row["pattern"] for _, row in facts.rows("opt_out.csv", ("pattern",)) if row["pattern"].strip())


def say(text: str) -> None:
    """A line for the person at the terminal, never part of the result."""
    click.echo(text, err=True)


def print_json(body: Mapping[str, Any]) -> None:
    from pipelines.answers import jsonable

    click.echo(json.dumps(jsonable(body), ensure_ascii=False, allow_nan=False))


def print_answer(answer: Answer, json_wanted: bool, columns: Sequence[str] = (), frame: str | None = None) -> None:
    """An answer as JSON, or as a sentence, its figures, a table and its caveats."""
    if json_wanted:
        print_json(answer.to_json())
        return
    from app.words import sentence

    click.echo(sentence(answer.title))
    click.echo()
    for figure in answer.figures:
        shown = _with_unit(_shown(figure.value, figure.unit), figure)
        if figure.has_range:
            shown += f" (between {_shown(figure.low, figure.unit)} and {_shown(figure.high, figure.unit)})"
        click.echo(f"  {figure.label}: {shown}" + (f" of {figure.of}" if figure.of else ""))
    if frame is not None and not answer.frames[frame].empty:
        click.echo()
        table = answer.frames[frame]
        words = [column for column in table.columns if table[column].dtype.kind not in "iufb"]
        table = table.assign(**{c: table[c].astype(object).where(table[c].notna(), "-") for c in words})
        top = table[list(columns) or list(table.columns)].head(40)
        whole = [str(column) for column in top.select_dtypes("float") if (top[column].dropna() % 1 == 0).all()]
        click.echo(
            top.to_string(
                index=False,
                max_colwidth=60,
                float_format="{:,.2f}".format,
                formatters=dict.fromkeys(whole, _whole),
            )
        )
        if len(table) > 40:
            click.echo(f"  ... {len(table) - 40} more rows; --json has all")
    click.echo()
    click.echo(f"Population: {answer.population}.")
    click.echo(f"Edition {answer.edition}, evidence up to {answer.as_of.isoformat()}.")
    for caveat in answer.caveats:
        click.echo(f"Note: {caveat}")


def _shown(value: Any, unit: str) -> str:
    """A value alone: shares to a tenth of a percent, pounds to the penny, whole numbers without decimals."""
    if value is None:
        return "unknown"
    if unit == "share":
        return f"{value:.1%}"
    if unit == "GBP":
        return f"£{value:,.2f}"
    from pipelines.answers import number

    return number(value, 0 if float(value).is_integer() else 2)


def _whole(value: float) -> str:
    return "-" if value != value else f"{value:,.0f}"


def _with_unit(shown: str, figure: Figure) -> str:
    """The value and its unit, unless the words behind "of" name that unit: 321 of 382 councils."""
    if figure.value is None or figure.unit in ("", "share", "GBP") or figure.unit in (figure.of or "").split():
        return shown
    return f"{shown} {figure.unit}"


class Day(click.ParamType):  # type: ignore[type-arg]
    """A date as 2026-02-20."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return days.day(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that a person named; Refused in one sentence where it cannot be read or is empty."""
    try:
        if path.is_dir():
            raise Refused(f"{path} is a folder; name a file")
        body = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}); check the name") from error
    if not body.strip():
        raise Refused(f"{path} is empty; give a file with a header and rows")
    return body


def csv_rows(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file by line number, with the columns that the verb needs; Refused otherwise."""
    from pipelines.readers import _rows

    try:
        text = _rows.text_of(read_bytes(path))
    except ValueError as error:
        raise Refused(f"{path} was refused: {error}; give a CSV file") from error
    mark = _rows.separator(text.lstrip().partition("\n")[0])
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark)
    fields = reader.fieldnames or []
    missing = [column for column in required if column not in fields]
    if missing:
        raise Refused(f"{path} lacks the column {' and '.join(missing)}; it has {', '.join(fields[:12])[:200]}")
    try:
        for row in reader:
            yield reader.line_num, {key: value or "" for key, value in row.items() if isinstance(key, str)}
    except csv.Error as error:
        raise Refused(
            f"{path}, line {reader.line_num}: not valid CSV ({error}); quote cells that hold line ends"
        ) from error


def write_csv(out: Path | None, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows as CSV to a file, whole or not at all, or to stdout."""
    if out is None:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        return
    temporary = out.with_name(f".{out.name}.tmp")
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        temporary.replace(out)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Refused(f"{out} cannot be written ({error.strerror}); name another file with --out") from error
