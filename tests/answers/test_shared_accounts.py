"""Accounts that several bodies share: small tables that can be checked by eye, the default edition, the working data."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines import reference
from pipelines.answers import Answer, shared_accounts
from pipelines.attribution import observe
from pipelines.edition import Edition
from pipelines.errors import BadReference, UnknownName
from pipelines.reference import Reference

DAY = dt.date(2026, 8, 5)
TOKEN = observe.value("TXT", "atlassian-domain-verification=Zm9yIHRlc3RzIG9ubHk5")
OTHER = observe.value("TXT", "atlassian-domain-verification=YW5vdGhlciB0b2tlbiE5")
KEY = observe.value("TXT", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GN")
DOOR = "shop-window-abc123.z01.azurefd.net"

BODIES = [("north", "North Council", "north.example"), ("south", "South Council", "south.example"), ("east", "East Council", "east.example")]  # fmt: skip
# subject, kind, value
RECORDS = [
    ("north.example", "TXT", TOKEN),
    ("south.example", "TXT", TOKEN),
    ("nobody.test", "TXT", TOKEN),
    ("east.example", "TXT", OTHER),
    # One key at two bodies is how a domain signs its mail, not an account.
    ("s1._domainkey.north.example", "TXT", KEY),
    ("s1._domainkey.south.example", "TXT", KEY),
    ("selector1._domainkey.north.example", "CNAME", "selector1-north-example._domainkey.twotowns.onmicrosoft.com"),
    ("selector2._domainkey.north.example", "CNAME", "selector2-north-example._domainkey.twotowns.onmicrosoft.com"),
    ("selector1._domainkey.east.example", "CNAME", "selector1-east-example._domainkey.twotowns.onmicrosoft.com"),
    # South copied a line of North: the key names another domain.
    ("selector1._domainkey.south.example", "CNAME", "selector1-north-example._domainkey.twotowns.onmicrosoft.com"),
]
# subject, body, provider, endpoint
WEB = [
    ("www.north.example", "north", "azure", DOOR),
    ("pay.north.example", "north", "azure", DOOR),
    ("www.south.example", "south", "azure", DOOR),
    ("www.nobody.test", None, "aws", "dualstack.lb-1.eu-west-2.elb.amazonaws.com"),
    ("www.noone.test", None, "aws", "lb-1.eu-west-2.elb.amazonaws.com"),
    # Two names of one body are no finding, and an alias to a provider's common name is no account.
    ("one.east.example", "east", "aws", "d111111abcdef8.cloudfront.net"),
    ("two.east.example", "east", "aws", "d111111abcdef8.cloudfront.net"),
    ("a.north.example", "north", "azure", "azure-alias:microsoft.cdn/profiles"),
    ("a.south.example", "south", "azure", "azure-alias:microsoft.cdn/profiles"),
    # A name that only looks like a Front Door endpoint, at another provider.
    ("b.north.example", "north", "unknown", "x.azurefd.net"),
    ("b.south.example", "south", "unknown", "x.azurefd.net"),
]


def edition(private: bool = False, hidden: str = "") -> Edition:
    """The tables above as an edition. Names in `hidden` are a body's own data."""
    connection = duckdb.connect(":memory:")
    frames = {
        "organisations": pd.DataFrame(BODIES, columns=["organisation_id", "name", "domain"]),
        "observations": pd.DataFrame(
            [
                (f"o{n}", subject, kind, value, DAY, "reference-service_records", bool(hidden) and subject.endswith(hidden))
                for n, (subject, kind, value) in enumerate(RECORDS)
            ],
            columns=["observation_id", "subject", "kind", "value", "seen_on", "source_id", "private"],
        ),
        "sources": pd.DataFrame(
            [("reference-service_records", "Records", "P", "L", None, None, DAY, None, None)],
            columns=["source_id", "title", "publisher", "licence", "credit", "url", "date_to", "sha256", "fetched_at"],
        ),
    }  # fmt: skip
    found = [
        (
            f"f{n}",
            subject,
            body,
            "web",
            provider,
            endpoint,
            DAY,
            "reference-service_records",
            "suffix:x",
            [f"w{n}"],
            False,
        )
        for n, (subject, body, provider, endpoint) in enumerate(WEB)
    ]
    found += [
        (f"t{n}", subject, None, "saas", "atlassian", None, DAY, "reference-service_records", "token:atlassian:x", [f"o{n}"], False)
        for n, (subject, _, value) in enumerate(RECORDS) if value in (TOKEN, OTHER)
    ]  # fmt: skip
    frames["findings"] = pd.DataFrame(
        found,
        columns=["finding_id", "subject", "organisation_id", "role", "provider", "endpoint", "seen_on", "source_id", "rule_id",
                 "evidence_ids", "private"],
    )  # fmt: skip
    for name, frame in frames.items():
        connection.register("arriving", frame)
        connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM arriving')
        connection.unregister("arriving")
    return Edition("2026-08-05-00000000", "0" * 64, DAY, private, {}, connection)


@pytest.fixture(scope="module")
def small() -> Answer:
    return shared_accounts.answer(edition())


EXPECTED = [
    # shown, reach, bodies, domains, names, whose
    (DOOR, "bodies", 2, 0, 3, ["North Council", "South Council"]),
    ("atlassian-domain-verification", "bodies", 2, 1, 3, ["North Council", "South Council", "nobody.test"]),
    ("tenant", "bodies", 2, 0, 2, ["East Council", "North Council"]),
    ("lb-1.eu-west-2.elb.amazonaws.com", "domains", 0, 2, 2, ["nobody.test", "noone.test"]),
]


def test_accounts_by_hand(small: Answer) -> None:
    rows = small.frames["accounts"].to_dict("records")
    told = [(r["shown"], r["reach"], r["bodies"], r["domains"], r["names"], r["organisations"]) for r in rows]
    assert sorted(told) == sorted(EXPECTED)
    assert {r["certainty"] for r in rows} == {"inferred"} and {r["confidence"] for r in rows} == {"likely"}
    assert {r["rule_id"] for r in rows} == {
        "shared-account:token", "shared-account:tenant:onmicrosoft.com", "shared-account:endpoint:azurefd.net",
        "shared-account:endpoint:elb.amazonaws.com",
    }  # fmt: skip


def test_the_sentence_names_date_and_doubt(small: Answer) -> None:
    rows = {r["shown"]: r["sentence"] for r in small.frames["accounts"].to_dict("records")}
    assert rows[DOOR] == (
        "North Council and South Council share the same Front Door endpoint as of 5 August 2026; "
        "evidence suggests one account or supplier"
    )


def test_figures_name_what_they_are_of(small: Answer) -> None:
    assert [small.figure(f).value for f in ("accounts", "bodies", "largest", "domains")] == [3, 3, 2, 1]
    kinds = small.frames["kinds"].set_index("kind")
    # Tokens: North, South and East show one. Tenants: North and East, in the same one.
    # Endpoints: North and South at the door, East at its own.
    assert kinds["bodies"].to_dict() == {"token": 3, "endpoint": 3, "tenant": 2}
    assert kinds["accounts"].to_dict() == {"token": 2, "endpoint": 2, "tenant": 1}
    assert small.figure("effective_tenant").value == pytest.approx(1)
    # Shares of 2/3 and 1/3: one divided by (4/9 + 1/9).
    assert small.figure("effective_endpoint").value == pytest.approx(1.8)
    assert "3 with verification tokens, 3 with endpoints and 2 with Microsoft 365 tenants" in small.population


def test_neither_token_nor_fingerprint_nor_tenant_is_shown(small: Answer) -> None:
    text = json.dumps(small.to_json())
    assert "Zm9yIHRl" not in text and "twotowns" not in text and str(TOKEN)[-13:] not in text


def test_one_body_sees_its_own_accounts_only() -> None:
    rows = shared_accounts.answer(edition(), organisation="east").frames["accounts"]
    assert list(rows["shown"]) == ["tenant"]
    rows = shared_accounts.answer(edition(), provider="azure").frames["accounts"]
    assert list(rows["shown"]) == [DOOR]
    with pytest.raises(UnknownName):
        shared_accounts.answer(edition(), organisation="atlantis")


def test_private_records_stay_out_of_a_public_edition() -> None:
    shown = list(shared_accounts.answer(edition(hidden="north.example")).frames["accounts"]["shown"])
    assert "tenant" not in shown
    shown = list(shared_accounts.answer(edition(private=True, hidden="north.example")).frames["accounts"]["shown"])
    assert "tenant" in shown


def test_nothing_shared_is_not_none_exists() -> None:
    empty = edition()
    empty._connection.execute("DELETE FROM observations; DELETE FROM findings")
    answer = shared_accounts.answer(empty)
    assert answer.title.endswith("That does not show that none do.") and answer.figure("accounts").value == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("azurefd.net,name,", "azurefd.net,nome,", "account 'nome' is not name or label"),
        (",endpoint,aws,", ",endpoints,aws,", "kind 'endpoints' is not endpoint or tenant"),
        (",endpoint,aws,", ",endpoint,awz,", "provider 'awz' is not known"),
    ],
)
def test_a_broken_row_of_the_table_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, old: str, new: str, says: str
) -> None:
    facts = reference.load()
    text = (facts.path / "account_names.csv").read_text().replace(old, new, 1)

    def changed(self: Reference, name: str) -> bytes:
        return text.encode()

    monkeypatch.setattr(Reference, "_bytes", changed)
    with pytest.raises(BadReference, match=re.escape(says)):
        shared_accounts.marks(facts)


def test_tenants_of_councils_counted_from_the_file(default_edition: Edition) -> None:
    """The same tenants from council_records.csv by a pattern of its own, without our rules."""
    domains = {
        row["domain"] for row in default_edition.rows("SELECT domain FROM organisations WHERE domain IS NOT NULL")
    }
    tenants: dict[str, set[str]] = defaultdict(set)
    with (reference.load().path / "council_records.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            domain = row["host"].partition("._domainkey.")[2]
            # One council's zone lacks the dot before _domainkey.
            match = re.fullmatch(r"selector\d-(.+?)\.?_domainkey\.([a-z0-9-]+)\.onmicrosoft\.com", row["value"])
            if match and domain in domains and match[1].replace("-", "").startswith(re.sub(r"[.-]", "", domain)):
                tenants[match[2]].add(domain)
    answer = shared_accounts.answer(default_edition)
    rows = answer.frames["accounts"]
    ours = rows[(rows["kind"] == "tenant") & (rows["reach"] == "bodies")]
    expected = sorted(len(found) for found in tenants.values() if len(found) > 1)
    assert len(expected) > 5
    assert sorted(ours["bodies"]) == expected
    row = answer.frames["kinds"].set_index("kind").loc["tenant"]
    assert (row["accounts"], row["bodies"]) == (len(tenants), len(set().union(*tenants.values())))


@pytest.mark.shared
def test_tokens_of_the_zone_files(run: Callable, shared: Path, store_path: Path) -> None:
    """Domains with one Atlassian token, counted in the file itself: the fingerprint joins what the token joins."""
    path = shared / "dns" / "moj_records_dev.csv"
    tokens: dict[str, set[str]] = defaultdict(set)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["type"] == "TXT" and row["value"].strip('"').startswith("atlassian-domain-verification="):
                tokens[row["value"]].add(row["name"])
    widest = max(len(found) for found in tokens.values())
    assert widest > 10
    assert run("import", "records-csv", path).code == 0
    assert run("build").code == 0
    from app.stores import current_edition
    from pipelines.store import Store

    rows = shared_accounts.answer(current_edition(Store(store_path))).frames["accounts"]
    ours = rows[(rows["kind"] == "token") & (rows["provider"] == "atlassian")]
    assert ours["names"].max() >= widest
