"""Records as people write them: one meaning in many spellings, and values that mean nothing."""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

TARGET = "c-example.mail.protection.outlook.com"
MICROSOFT = {("mail", "back", "microsoft-365")}
NO_MAIL = {("mail", "back", "none")}
NO_WEB = {("web", "front", "none")}
UNKNOWN = {("web", "front", "unknown")}
CLOUDFRONT = {("web", "front", "aws")}
SENDING = {("mail_sending", "front", "microsoft-365")}
OWN = {("mail", "front", "unknown"), ("mail", "back", "unknown")}
SPF = "v=spf1 include:spf.protection.outlook.com -all"

# What is meant, type, value ({host} is the case's own name), expected rows of the host: role, layer, provider.
CASES: list[tuple[str, str, str, set[tuple[str, str, str]]]] = [
    *[(f"a mail exchanger, {what}", "MX", value, MICROSOFT) for what, value in [
        ("plain", TARGET), ("with priority", f"10 {TARGET}"), ("final dot", f"10 {TARGET}."), ("comma", f"10,{TARGET}"),
        ("comma and blank", f"10, {TARGET}."), ("tab", f"10\t{TARGET}"), ("capitals", f"10 {TARGET.upper()}."),
        ("blanks around", f"  10   {TARGET}  "), ("in quotes", f'"10 {TARGET}."'),
    ]],
    *[(f"no mail, {what}", "MX", value, NO_MAIL) for what, value in [
        ("RFC 7505", "0 ."), ("another priority", "10 ."), ("the dot alone", "."), ("lost dot", "0"), ("comma", "0,."),
        ("in quotes", '"0 ."'), ("the machine itself", "10 localhost."), ("a name that is never one", "10 nobody.invalid"),
        ("a parking page's server", "10 park-mx.above.com"),
    ]],
    ("an own server, comma", "MX", "10,mail.{host}", OWN),
    ("no mail, the dot stripped as a final dot", "MX", "", NO_MAIL),
    ("an address as exchanger", "MX", "10 192.0.2.1", {("mail", "back", "unknown")}),
    *[(f"an alias, {what}", kind, value, CLOUDFRONT) for what, kind, value in [
        ("small type", "cname", "d111.cloudfront.net"), ("type with blanks", " CNAME ", "d111.cloudfront.net."),
        ("mixed", "Alias", "D111.CloudFront.NET."), ("ANAME", "ANAME", "d111.cloudfront.net"),
        ("in quotes", "CNAME", '"d111.cloudfront.net."'), ("two dots", "CNAME", "d111.cloudfront.net.."),
    ]],
    ("an alias to nothing", "CNAME", "", UNKNOWN),
    ("an alias to itself", "CNAME", "{host}", UNKNOWN),
    ("an alias of Azure", "ALIAS", "azure-alias:microsoft.cdn/profiles", {("web", "front", "azure")}),
    ("an address, IPv6 in capitals", "AAAA", "2606:4700:0:0:0:0:6810:84E5", {("web", "front", "cloudflare")}),
    ("an address, IPv4 in IPv6", "AAAA", "::ffff:52.16.0.1", {("web", "front", "aws")}),
    ("an address in quotes", "A", '"52.16.0.1"', {("web", "front", "aws")}),
    ("no address", "A", "52.16.0", UNKNOWN),
    ("an address with too many zeros", "A", "052.016.000.001", UNKNOWN),
    ("this machine", "A", "127.0.0.1", NO_WEB),
    ("an address of documents", "A", "192.0.2.1", NO_WEB),
    ("a private IPv6 address", "AAAA", "fd00::1", NO_WEB),
    *[(f"who may send, {what}", kind, value, SENDING) for what, kind, value in [
        ("plain", "TXT", SPF), ("in quotes", "TXT", f'"{SPF}"'), ("in escaped quotes", "TXT", f'\\"{SPF}\\"'),
        ("two strings", "TXT", f'"{SPF[:20]}" "{SPF[20:]}"'), ("two strings, no blank", "TXT", f'"{SPF[:20]}""{SPF[20:]}"'),
        ("two strings, wide blank", "TXT", f'"{SPF[:20]}"   "{SPF[20:]}"'), ("the retired type", "SPF", SPF),
        ("capitals", "TXT", SPF.upper()), ("a tab", "TXT", SPF.replace(" ", "\t")),
        ("very long", "TXT", SPF.replace("-all", "ip4:192.0.2.1 " * 500 + "-all")),
    ]],
    ("an empty text", "TXT", '""', UNKNOWN),
    ("a text with a lost backslash", "TXT", "nv=spf1 include:sendgrid.net", UNKNOWN),
    ("name servers of its own", "NS", "ns1.{host}.", {("dns", "front", "unknown")}),
]  # fmt: skip


def found(run: Callable, path: Path, rows: list[tuple[str, str, str]]) -> dict[str, set[tuple[str, str, str]]]:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("host", "type", "value"), *rows])
    done = run("attribute", path)
    assert done.code == 0, done.err
    by_host: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in csv.DictReader(io.StringIO(done.out)):
        by_host[row["host"]].add((row["role"], row["layer"], row["provider"]))
    return by_host


def test_every_spelling_gives_what_is_meant(run: Callable, tmp_path: Path) -> None:
    hosts = [f"case{number}.example" for number in range(len(CASES))]
    rows = [
        (host, kind, value.format(host=host) if "{host}" in value else value)
        for host, (_, kind, value, _) in zip(hosts, CASES, strict=True)
    ]
    answers = found(run, tmp_path / "zones.csv", rows)
    assert {what: answers[host] for host, (what, *_) in zip(hosts, CASES, strict=True)} == {
        what: expected for what, _, _, expected in CASES
    }


ZONE = [
    ("www.bücher.example", "CNAME", "alias.bücher.example."),
    ("ALIAS.xn--bcher-kva.example.", "cname", "Edge.BÜCHER.example"),
    ("edge.xn--bcher-kva.example", "CNAME", "d111.cloudfront.net."),
    ("*.bücher.example", "CNAME", "app.herokudns.com"),
    ("bücher.example", "MX", "10 mail.xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "MX", "20 mail2.bücher.example."),
    ("bücher.example.", "NS", "ns-1.awsdns-00.com."),
]


@pytest.mark.parametrize("seed", range(4))
def test_order_duplicates_case_and_accents_change_nothing(run: Callable, tmp_path: Path, seed: int) -> None:
    rows = ZONE + ZONE[:3]
    random.Random(seed).shuffle(rows)
    # A host that its source spells with accents is answered so, that rows can be joined with the file.
    assert found(run, tmp_path / "zone.csv", rows) == {
        "www.bücher.example": CLOUDFRONT,
        "alias.xn--bcher-kva.example": CLOUDFRONT,
        "edge.xn--bcher-kva.example": CLOUDFRONT,
        "*.bücher.example": {("web", "front", "heroku")},
        "bücher.example": OWN | {("dns", "front", "aws")},
    }


@pytest.mark.parametrize("seed", range(3))
def test_nonsense_ends_in_rows_and_never_in_a_traceback(run: Callable, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    pieces = [
        *"abc.:,;\"'\\/@*_- 0189%{}()=",
        "v=spf1 ",
        "include:",
        "redirect=",
        "..",
        "é",
        "中",
        "xn--",
        "\t",
        "mail.",
        "10 ",
    ]
    kinds = ["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "PTR", "SOA", "CAA", "header:server", "cookie:x", "?"]
    rows = [
        ("".join(chance.choices(pieces, k=6)), chance.choice(kinds), "".join(chance.choices(pieces, k=chance.randrange(20))))
        for _ in range(2000)
    ]  # fmt: skip
    answers = found(run, tmp_path / "nonsense.csv", rows)
    assert len(answers) > 100


VALIDATION = [
    # A name that validates another: who was asked to serve it, never who does.
    ("_acme-challenge.www", "_acme-challenge.www.c.example.external-domains-production.cloud.gov", ("certificate", "front", "cloud-gov")),
    ("_acme-challenge.app", "app-1.eu-west-2.elb.amazonaws.com", ("certificate", "front", "aws")),
    ("_acme-challenge.cdn", "abc.fastly-validations.com", ("certificate", "front", "fastly")),
    ("_acme-challenge.own", "challenge.nobody.example", ("web", "front", "none")),
    ("s1._domainkey", "s1.app-1.eu-west-2.elb.amazonaws.com", ("web", "front", "none")),
    ("asuid.www", "site.azurewebsites.net", ("certificate", "front", "azure")),
]  # fmt: skip


def test_a_validation_name_is_not_hosted(run: Callable, tmp_path: Path) -> None:
    rows = [(f"{name}.c.example", "CNAME", target) for name, target, _ in VALIDATION]
    answers = found(run, tmp_path / "names.csv", rows)
    assert answers == {f"{name}.c.example": {expected} for name, _, expected in VALIDATION}


WHOLE_DOMAINS = [
    # What some scanners write: the registered domain of the last alias, nothing before it.
    ("amazonaws.com", ("web", "aws", "", "aws")),
    ("anything.server.transfer.eu-west-2.amazonaws.com", ("web", "aws", "eu-west-2", "aws")),
    ("eu-west-2.anything.amazonaws.com", ("web", "aws", "", "aws")),
    ("azure.com", ("web", "azure", "", "azure")),
    ("azureedge.us", ("web", "azure", "", "hidden")),
    ("cloudflare.net", ("web", "cloudflare", "", "hidden")),
    ("cloud.gov", ("web", "cloud-gov", "", "cloud-gov")),
    ("cloudfront.net", ("web", "aws", "", "hidden")),
    ("outlook.office365.com", ("mail", "microsoft-365", "", "")),
    ("autodiscover-s.outlook.com", ("mail", "microsoft-365", "", "")),
    ("outlook.office.example", ("web", "unknown", "", "unknown")),
    ("amazonawseast.com", ("web", "unknown", "", "unknown")),
    ("co-ops-aws-east1.net", ("web", "unknown", "", "unknown")),
    ("eu-west-1.azure.example", ("web", "unknown", "", "unknown")),
]


def test_the_registered_domain_alone_names_the_provider_and_no_region(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "scan.csv"
    with path.open("w", newline="") as file:
        rows = [(f"w{number}.x.example", "CNAME", target) for number, (target, _) in enumerate(WHOLE_DOMAINS)]
        csv.writer(file).writerows([("host", "type", "value"), *rows])
    done = run("attribute", path)
    given = [
        (row["role"], row["provider"], row["region"], row["origin_provider"])
        for row in csv.DictReader(io.StringIO(done.out))
    ]
    assert given == [expected for _, expected in WHOLE_DOMAINS]


CHOSEN = [
    # Names that customers chose where they look like regions, beside the same region where the provider writes it.
    ("uksouth.azurewebsites.net", ""),
    ("uksouth-01.azurewebsites.net", ""),
    ("app-uksouth-01.azurewebsites.net", ""),
    ("app-abcd.uksouth-01.azurewebsites.net", "uksouth"),
    ("eu-west-2.elasticbeanstalk.com", ""),
    ("app.eu-west-2.elasticbeanstalk.com", "eu-west-2"),
    ("eu-west-2.elb.amazonaws.com", ""),
    ("eu-west-2.s3.amazonaws.com", ""),
    ("files.eu-west-2.s3.amazonaws.com", ""),
    ("eu-west-2.s3.eu-west-1.amazonaws.com", "eu-west-1"),
    ("eu-west-2.d111.amplifyapp.com", ""),
    ("europe-west2.run.app", ""),
    ("site-1234567890.europe-west2.run.app", "europe-west2"),
    ("uksouth.trafficmanager.net", ""),
    ("uksouth.azurefd.net", ""),
    ("uksouth-x.z01.azurefd.net", ""),
    ("uksouth.blob.core.windows.net", ""),
    ("eu-west-2.cloudfront.net", ""),
    ("eu-west-2.herokudns.com", ""),
    ("eu.sendgrid.net", "eu"),
    ("u1.wl2.eu.sendgrid.net", "eu"),
    ("eu.wl2.sendgrid.net", ""),
]


def test_a_region_that_a_customer_chose_as_a_name_is_no_region(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    with path.open("w", newline="") as file:
        rows = [(f"w{number}.x.example", "CNAME", target) for number, (target, _) in enumerate(CHOSEN)]
        csv.writer(file).writerows([("host", "type", "value"), *rows])
    done = run("attribute", path)
    answered = list(csv.DictReader(io.StringIO(done.out)))
    assert all(row["provider"] != "unknown" for row in answered)
    assert [(target, row["region"]) for (target, _), row in zip(CHOSEN, answered, strict=True)] == CHOSEN


CHAINS = [
    # Targets hop by hop; rows: role, provider, origin.
    (["app.cloud.gov", "d111.cloudfront.net"], {("web", "aws", "cloud-gov")}),
    (["app.herokudns.com", "x.edgekey.net"], {("web", "akamai", "heroku")}),
    (["p.azurefd.net", "d111.cloudfront.net"], {("web", "aws", "hidden")}),
    (["x.trafficmanager.net", "d111.cloudfront.net"], {("web", "aws", "hidden"), ("web", "azure", "hidden")}),
    (["help.zendesk.com", "x.cdn.cloudflare.net"], {("web", "cloudflare", "hidden"), ("saas", "zendesk", "")}),
    (["x.zendesk.com", "y.zendesk.com"], {("saas", "zendesk", "")}),
    (["mine.x.example", "d111.cloudfront.net"], {("web", "aws", "hidden")}),
    (["app-1.eu-west-2.elb.amazonaws.com", "site.azurewebsites.net"], {("web", "azure", "azure")}),
]


def test_what_earlier_hops_of_a_chain_show_is_not_lost(run: Callable, tmp_path: Path) -> None:
    """A platform's own alias leads on to its edge: the platform is what stands behind, rented software stays rented."""
    given = []
    for targets, _ in CHAINS:
        names = ["w.x.example", *targets]
        path = tmp_path / "chain.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(
                [("host", "type", "value"), *((a, "CNAME", b) for a, b in zip(names, targets, strict=False))]
            )
        rows = csv.DictReader(io.StringIO(run("attribute", path).out))
        given.append(
            (
                targets,
                {(r["role"], r["provider"], r["origin_provider"]) for r in rows if r["host"] == "w.x.example"},
            )
        )
    assert given == CHAINS
