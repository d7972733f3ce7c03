"""octoDNS zones with the dirt that real ones have: what survives, what is set aside, and that nothing is guessed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import folders
from pipelines.batch import Batch
from pipelines.readers import octodns

ZONE = r"""---
'':
  - type: A
    value: 198.51.100.1
  - ttl: 942942942
    type: Route53Provider/ALIAS
    value: {evaluate-target-health: false, hosted-zone-id: Z2, name: d1.cloudfront.net., type: A}
  - type: CAA
    values:
      - {flags: 0, tag: issue, value: ;}
      - {flags: 0, tag: iodef, value: 'mailto:dns@body.gov.uk'}
  - type: MX
    values:
      - {exchange: mail.body.gov.uk, preference: 10}
      - {value: ., priority: 0}
  - type: NS
    values: [ns-1.awsdns-01.org., ns-2.awsdns-02.com.]
  - type: TXT
    values:
      - v=spf1 -all
      - ngoogle-site-verification=abcdefgh12345678
_dmarc:
  ttl: 300
  type: TXT
  value: v=DMARC1\; p=reject\;
_sip._tls:
  type: SRV
  value: {port: 443, priority: 100, target: sipdir.online.lync.com, weight: 1}
129688:
  type: TXT
  value: x
no:
  type: CNAME
  value: on.example.net.
n.:
  type: TXT
  value: lost
www:
  type: Route53Provider/ALIAS
  value: {name: '', type: A}
shop:
  type: Route53Provider/ALIAS
  value: {name: www, type: A}
odd:
  type: A
  value: https://www.example.net/page
empty:
  ttl: 300
nothing:
  type: A
"""
POOLS = """
api:
  type: A
  value: 198.51.100.1
  geo:
    EU-GB: [198.51.100.2]
app:
  type: CNAME
  value: a.example.net.
  dynamic:
    pools:
      eu: {fallback: us, values: [{value: b.example.net., weight: 3}, {value: c.example.net.}]}
      us: {values: [{value: d.example.net.}]}
    rules: [{pool: eu}]
"""
CONFIGURATION = """
providers:
  config: {class: octodns.provider.yaml.YamlProvider, directory: ./config}
  route53: {class: octodns_route53.Route53Provider, secret_access_key: hunter2}
  azure: {class: octodns_azure.AzureProvider}
zones:
  'body.gov.uk.': {sources: [config], targets: [route53, azure]}
"""


def read(files: dict[str, str], **options: Any) -> Batch:
    packed = folders._packed(((p, len(t), lambda t=t: t.encode()) for p, t in files.items()), {})  # type: ignore[misc]
    return octodns.read("zones", packed, "src", options)


def records(batch: Batch) -> list[tuple[str, str, str]]:
    return [(r["subject"], r["kind"], r["value"]) for r in batch.tables["observations"].to_pylist()]


def test_a_zone_with_everything_odd_in_it() -> None:
    batch = read({"body.gov.uk.yaml": ZONE})
    token = next(v for h, k, v in records(batch) if v.startswith("ngoogle"))
    assert "abcdefgh12345678" not in token  # tokens are hashed; the lost letter stays as it was published
    assert records(batch) == [
        ("body.gov.uk", "A", "198.51.100.1"),
        ("body.gov.uk", "ALIAS", "d1.cloudfront.net"),
        ("body.gov.uk", "CAA", "0 issue ;"),
        ("body.gov.uk", "CAA", "0 iodef mailto:body.gov.uk"),
        ("body.gov.uk", "MX", "10 mail.body.gov.uk"),
        ("body.gov.uk", "MX", "0 ."),
        ("body.gov.uk", "NS", "ns-1.awsdns-01.org"),
        ("body.gov.uk", "NS", "ns-2.awsdns-02.com"),
        ("body.gov.uk", "TXT", "v=spf1 -all"),
        ("body.gov.uk", "TXT", token),
        ("_dmarc.body.gov.uk", "TXT", "v=DMARC1; p=reject;"),
        ("_sip._tls.body.gov.uk", "SRV", "100 1 443 sipdir.online.lync.com"),
        ("129688.body.gov.uk", "TXT", "x"),
        ("no.body.gov.uk", "CNAME", "on.example.net"),  # YAML would read "no" as false
        ("www.body.gov.uk", "ALIAS", "body.gov.uk"),
        ("shop.body.gov.uk", "ALIAS", "www.body.gov.uk"),
        ("odd.body.gov.uk", "A", "https://www.example.net/page"),  # kept as published; no rule takes it for an address
    ]
    assert batch.read == 17
    assert [(r.name, r.reason) for r in batch.rejected] == [
        ("body.gov.uk.yaml: n.", "its name ends in a dot"),
        ("body.gov.uk.yaml: empty", "it has no type"),
    ]


def test_every_pool_of_a_record_is_a_record() -> None:
    assert records(read({"x.gov.uk.yaml": POOLS})) == [
        ("api.x.gov.uk", "A", "198.51.100.1"),
        ("api.x.gov.uk", "A", "198.51.100.2"),
        ("app.x.gov.uk", "CNAME", "a.example.net"),
        ("app.x.gov.uk", "CNAME", "b.example.net"),
        ("app.x.gov.uk", "CNAME", "c.example.net"),
        ("app.x.gov.uk", "CNAME", "d.example.net"),
    ]


def test_configuration_and_other_yaml_are_set_aside_and_their_text_is_not_kept() -> None:
    batch = read(
        {
            "octodns.yaml": CONFIGURATION,
            "config/production.yaml": CONFIGURATION,
            "zones/x.gov.uk.yaml": POOLS,
            "zones/y.gov.uk./www.yaml": "www: {type: A, value: 198.51.100.9}\n",
            "compose.example.yaml": "services: {web: {image: x}}\n",
            "list.example.yaml": "- a\n- b\n",
            "broken.example.yaml": "a: [1\n",
            "empty.example.yaml": "",
            "notes.yaml": "www: {type: A, value: 198.51.100.1}\n",
        },
        seen_on=None,
    )
    assert {host for host, _, _ in records(batch)} == {"api.x.gov.uk", "app.x.gov.uk", "www.y.gov.uk"}
    assert {(r.name, r.reason.partition(":")[0]) for r in batch.rejected} == {
        ("octodns.yaml", "it is octoDNS configuration, not a zone"),
        ("config/production.yaml", "it is octoDNS configuration, not a zone"),
        ("compose.example.yaml", "it is not a zone"),
        ("list.example.yaml", "it is not a zone"),
        ("broken.example.yaml", "it is not valid YAML"),
        ("empty.example.yaml", "it is empty"),
        ("notes.yaml", "its name is not that of a zone; name the file after the zone, example.gov.uk.yaml"),
    }
    assert all(r.body == b"" for r in batch.rejected)


def test_a_name_written_twice_keeps_both() -> None:
    text = "www: {type: A, value: 198.51.100.1}\nwww: {type: AAAA, value: '2001:4860::1'}\n"
    assert [(k, v) for _, k, v in records(read({"x.gov.uk.yaml": text}))] == [
        ("A", "198.51.100.1"),
        ("AAAA", "2001:4860::1"),
    ]


def test_a_file_that_multiplies_itself_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(octodns, "MOST_RECORDS", 500)
    text = "a: &a [{type: A, values: [198.51.100.1, 198.51.100.2]}]\n" + "".join(f"h{n}: *a\n" for n in range(400))
    batch = read({"x.gov.uk.yaml": text})
    assert batch.read == 500 and batch.rejected[0].reason == "it has more than 500 records"


def test_objects_are_never_made_from_yaml() -> None:
    batch = read({"x.gov.uk.yaml": "a: !!python/object/apply:os.system ['true']\n"})
    assert not batch.whole


def test_a_folder_a_tar_file_and_one_file_give_the_same(run: Callable, tmp_path: Path) -> None:
    zones = tmp_path / "hostedzones"
    (zones / ".git").mkdir(parents=True)
    (zones / ".git" / "x.gov.uk.yaml").write_text(POOLS)
    (zones / "body.gov.uk.yaml").write_text(ZONE)
    (zones / "x.gov.uk.yaml").write_text(POOLS)
    (zones / "octodns.yaml").write_text(CONFIGURATION)
    (zones / "readme.txt").write_text("not a zone")
    (tmp_path / "outside.gov.uk.yaml").write_text(POOLS)
    (zones / "link.gov.uk.yaml").symlink_to(tmp_path / "outside.gov.uk.yaml")
    archive = tmp_path / "zones.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("octodns.yaml", "x.gov.uk.yaml", "body.gov.uk.yaml"):  # another order, other times
            data = (zones / name).read_bytes()
            member = tarfile.TarInfo(f"hostedzones/{name}")
            member.size, member.mtime = len(data), 7
            tar.addfile(member, io.BytesIO(data))
    first = run("import", "octodns", "--private", "--seen-on", "2026-08-05", zones, "--json")
    assert first.code == 0
    taken = first.json["files"][0]
    assert (taken["read"], taken["new"], taken["quarantined"]) == (23, 23, 3)
    again = run("import", "octodns", "--private", "--seen-on", "2026-08-05", archive, "--json").json["files"][0]
    assert (again["read"], again["new"], again["known"]) == (23, 0, 23)
    one = run("import", "octodns", "--private", "--seen-on", "2026-08-05", zones / "x.gov.uk.yaml", "--json").json[
        "files"
    ][0]
    assert (one["read"], one["new"]) == (6, 0)
    assert run("build").code == 0
    assert run("explain", "no.body.gov.uk", "--json").json["findings"]


def test_an_empty_folder_is_one_sentence(run: Callable, tmp_path: Path) -> None:
    ran = run("import", "octodns", tmp_path)
    assert ran.code == 2 and "it holds none of the files that this kind reads" in ran.err and ran.err.count("\n") == 1


def test_a_tar_file_that_is_cut_is_one_sentence(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "z.tar"
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("x.gov.uk.yaml")
        member.size = len(POOLS)
        tar.addfile(member, io.BytesIO(POOLS.encode()))
    path.write_bytes(path.read_bytes()[:600])
    ran = run("import", "octodns", path)
    assert ran.code == 2 and "cannot be read as a tar file" in ran.err
