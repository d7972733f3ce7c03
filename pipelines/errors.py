"""What can go wrong, and the exit code each kind ends with.

    CloudholdError            1  our fault: please report it
    ├── Refused               2  the input or the command cannot be used as it is
    │   ├── UnknownName       2  a name that is not in the edition; lists close ones
    │   └── BadReference      2  a row of data/reference breaks a rule; names file and entry
    ├── Partial               3  a source ended before its end
    ├── StoreLocked           4  another process is writing to the store
    └── CheckFailed           4  a stored part is missing or does not match its fingerprint

Each message is one sentence: what, where, what to do. The command line prints it and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable


class CloudholdError(Exception):
    """Base of all errors that a user may see."""

    exit_code = 1


class Refused(CloudholdError):
    """The input or the command cannot be used as it is."""

    exit_code = 2


class UnknownName(Refused):
    """A name that the edition or the code does not hold.

    The message lists up to three close names, or the first few valid ones when the list is short.
    """

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        names = sorted(set(valid))
        shown = name if len(name) <= 80 else name[:77] + "..."
        import difflib  # only who mistypes a name waits for it

        close = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.6)
        if close:
            hint = f"did you mean {', '.join(close)}?"
        elif len(names) <= 12:
            hint = f"use one of: {', '.join(names)}" if names else "there is none yet"
        else:
            hint = f"{len(names)} are known, for example {', '.join(names[:3])}"
        super().__init__(f"unknown {kind} {shown!r}; {hint}")


class BadReference(Refused):
    """A row of data/reference breaks a rule."""

    def __init__(self, file: str, entry: str, problem: str) -> None:
        super().__init__(f"data/reference/{file}, {entry}: {problem}")


class Partial(CloudholdError):
    """A source ended before its end; what came before is kept."""

    exit_code = 3


class StoreLocked(CloudholdError):
    """Another process holds the writer's lock."""

    exit_code = 4


class CheckFailed(CloudholdError):
    """A stored part is missing or does not match its fingerprint."""

    exit_code = 4
