"""Bad input to a verb gives one sentence on stderr, under 600 bytes, exit code 2, nothing on stdout."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

# verb arguments with FILE for the bad file and GOOD for one that would pass
FILES = {
    "attribute": ["attribute", "FILE"],
    "concentration": ["concentration", "FILE", "--group", "country", "--item", "issuer", "--count", "sites"],
    "concentration services": [
        "concentration", "FILE", "--services", "--group", "country", "--service", "site",
        "--providers", "providers", "--types", "types",
    ],
    "suppliers": ["suppliers", "FILE"],
    "import ocds": ["import", "ocds", "FILE"],
    "import records-csv": ["import", "records-csv", "FILE"],
    "import bind-zone": ["import", "bind-zone", "FILE"],
    "import contracts-finder-csv": ["import", "contracts-finder-csv", "FILE"],
    "import spend-csv": ["import", "spend-csv", "FILE"],
    "import gcloud-sales": ["import", "gcloud-sales", "FILE"],
    "import ranges": ["import", "ranges", "FILE"],
    "import octodns": ["import", "octodns", "FILE"],
    "import terraform-route53": ["import", "terraform-route53", "FILE"],
    "import statements": ["import", "statements", "FILE"],
    "import public-code": ["import", "public-code", "FILE"],
}  # fmt: skip
BAD: dict[str, bytes | None] = {
    "missing": None,
    "empty": b"",
    "blank": b"  \n \n",
    "wrong columns": b"colour,size\nred,2\n",
    "binary noise": bytes(range(256)) * 8,
    "nul bytes": b"host,type,value\n\x00\x00\n",
    "utf-16": "host,type,value\na,b,c\n".encode("utf-16"),
    "cut gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc",
}


def refused(ran, code: int = 2) -> str:
    assert ran.code == code, (ran.out[-300:], ran.err[-300:])
    assert ran.out == ""
    text = ran.err.strip()
    assert text and len(text.encode()) < 600
    assert "\n" not in text and "Traceback" not in text
    assert text.startswith("cloudhold: ")
    return text


@pytest.mark.parametrize("bad", list(BAD))
@pytest.mark.parametrize("verb", list(FILES))
def test_a_bad_file_is_one_sentence(run: Callable, tmp_path: Path, verb: str, bad: str) -> None:
    path = tmp_path / "input.csv"
    body = BAD[bad]
    if body is not None:
        path.write_bytes(body)
    text = refused(run(*[str(path) if word == "FILE" else word for word in FILES[verb]]))
    assert "input.csv" in text


def test_a_folder_in_place_of_a_file(run: Callable, tmp_path: Path) -> None:
    for arguments in FILES.values():
        refused(run(*[str(tmp_path) if word == "FILE" else word for word in arguments]))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["outage", "--provider", "awss", "--hours", "2"], "did you mean aws"),
        (["outage", "--provider", "aws", "--hours", "0"], "more than 0"),
        (["outage", "--provider", "aws", "--hours", "-3"], "more than 0"),
        (["outage", "--provider", "aws", "--hours", "nan"], "more than 0"),
        (["outage", "--provider", "aws", "--hours", "many"], "is not a valid float"),
        (["outage", "--provider", "aws"], "give its hours"),
        (["outage"], "needs a provider or a preset"),
        (["outage", "--provider", "aws", "--region", "eu-west-99", "--hours", "2"], "unknown region"),
        (["outage", "--provider", "aws", "--product", "Teleport", "--hours", "2"], "unknown product"),
        (["outage", "--provider", "aws", "--plane", "astral", "--hours", "2"], "unknown plane"),
        (["outage", "--preset", "nothing"], "unknown preset"),
        (["explain", "no.such.host.example"], "unknown subject"),
        (["explain", "x" * 5000], "unknown subject"),
        (["explain", "a\x00b"], "unknown subject"),
        (["export", "secrets", "--out", "OUT"], "unknown table"),
        (["export", "awards", "--out", "OUT"], "unknown table"),
        (["export", "--out", "OUT", "--edition", "2020-01-01-00000000"], "unknown edition"),
        (["export"], "--out"),
        (["build", "--as-of", "yesterday"], "is not a day"),
        (["build", "extra"], "unexpected extra argument"),
        (["concentration", "--population", "mars"], "unknown population"),
        (["import", "xlsx", "FILE"], "unknown kind"),
        (["import", "ocds"], "Missing argument"),
        (["import", "ranges", "--provider", "awss", "FILE"], "did you mean aws"),
        (["check", "--no-such-option"], "No such option"),
        (["sources", "--edition", "x"], "unknown edition"),
        (["explain", "--answer", "leads", "provider=awss"], "did you mean aws"),
        (["explain", "--answer", "leads", "organisation=nosuch"], "unknown organisation"),
        (["explain", "--answer", "dependence", "region=eu-west-99"], "unknown region"),
        (["explain", "--answer", "dependence", "sector=shoes"], "unknown sector"),
        (["explain", "--answer", "dependence", "role=hat"], "unknown role"),
        (["explain", "--answer", "dependence", "layer=middle"], "unknown layer"),
        (["explain", "aws"], "explain --answer dependence provider=aws"),
        (["explain", "amazon"], "claim --provider amazon"),
        (["import", "spend-csv", "--organisation", "nosuch", "FILE"], "unknown organisation"),
        (["teleport"], "No such command"),
        (["attribute", "FILE", "--out", ""], "an empty name"),
        (["attribute", ""], "an empty name"),
        (["export", "--out", ""], "an empty name"),
        (["--store", "", "sources"], "an empty name"),
        (["outage", "--preset", "fastly-2021-06-08", "--hours", "5"], "leave out --hours"),
        (["outage", "--preset", "fastly-2021-06-08", "--provider", "aws"], "leave out --provider"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_an_unknown_name_or_impossible_number_is_one_sentence(
    run: Callable, tmp_path: Path, arguments: list[str], says: str
) -> None:
    assert run("build").code == 0 or "as-of" in arguments
    words = [str(tmp_path / "files") if word == "OUT" else word for word in arguments]
    assert says in refused(run(*words))
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("GB,DigiCert,-3", "negative"),
        ("GB,DigiCert,many", "not a number"),
        ("GB,DigiCert,inf", "not finite"),
        ("GB,DigiCert,1e308\nGB,Sectigo,1e308", "too large"),
        ("", "no rows"),
    ],
)
def test_counts_that_cannot_be(run: Callable, tmp_path: Path, rows: str, says: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(f"country,issuer,sites\n{rows}\n" if rows else "country,issuer,sites\n")
    arguments = [str(path) if word == "FILE" else word for word in FILES["concentration"]]
    assert says in refused(run(*arguments))


def test_services_that_do_not_pair_up(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "services.csv"
    header = "country,site,providers,types\n"
    for row, says in (("GB,s1,a|b,third", "go in pairs"), ("GB,s1,a,outer", "not one of third, private, unknown")):
        path.write_text(header + row + "\n")
        arguments = [str(path) if word == "FILE" else word for word in FILES["concentration services"]]
        assert says in refused(run(*arguments))


def test_one_bad_file_of_several_does_not_stop_the_others(run: Callable, tmp_path: Path) -> None:
    good = Path(__file__).parents[1] / "golden" / "bodies" / "notices.json"
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"not json")
    ran = run("import", "ocds", bad, good, "--json")
    assert ran.code == 2
    files = {Path(f["path"]).name: f for f in ran.json["files"]}
    assert files["notices.json"]["new"] == 4
    assert files["bad.json"]["reason"]
    assert "bad.json" in ran.err


def test_refused_bodies_are_kept_with_their_reason(run: Callable, store, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(b'{"releases": [ half')
    assert run("import", "ocds", bad).code == 2
    kept = store.manifest().quarantined
    assert [(item["name"], (store.path / item["path"]).read_bytes()) for item in kept] == [
        ("bad.json", b'{"releases": [ half')
    ]
    assert "not valid JSON" in kept[0]["reason"]


def test_a_locked_store_ends_with_four(run: Callable, store) -> None:
    with store.writer("collect something"):
        ran = run("build")
    assert "is being written by" in refused(ran, 4)


def test_a_store_that_cannot_be_written_is_one_sentence(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in refused(run("--store", tmp_path / "file" / "store", "build"))


def test_a_name_that_is_no_text_is_one_sentence(run: Callable) -> None:
    """Bytes of a name that are not UTF-8 come as half characters, which cannot be encoded."""
    assert "cannot be read" in refused(run("attribute", "\udcff.csv"))


def test_a_store_that_is_a_file_is_no_empty_store(run: Callable, tmp_path: Path) -> None:
    """Reading it as a store with nothing collected would show figures that its owner did not ask for."""
    (tmp_path / "file").write_text("in the way")
    for words in (["sources"], ["claim", "--provider", "aws"]):
        assert "is a file" in refused(run("--store", tmp_path / "file", *words))


def test_a_folder_that_may_not_be_read_is_one_sentence(run: Callable, store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run as one who may read everything, so the system's answer is given by hand."""
    folder = store.path / "manifests"
    folder.mkdir(parents=True)
    listed = os.listdir

    def forbidden(path):
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return listed(path)

    monkeypatch.setattr(os, "listdir", forbidden)
    assert f"{folder} cannot be used (Permission denied)" in refused(run("sources"))


def test_a_port_that_is_taken_is_one_sentence(run: Callable) -> None:
    assert run("build").code == 0
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"port {port} of 127.0.0.1 cannot be served" in refused(run("serve", "--port", port))
    # RFC 6761: no name below .invalid is anybody's
    assert "cannot be served" in run("serve", "--address", "host.invalid").err


def test_our_own_fault_is_one_sentence_and_code_one(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines import build

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(build, "build", broken)
    text = refused(run("build"), 1)
    assert "our fault" in text and "please report it" in text
