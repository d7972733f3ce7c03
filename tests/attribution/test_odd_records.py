"""Records as people write them: one meaning in many spellings, and values that mean nothing."""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
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
    ("several addresses in one cell", "A", "52.16.0.1, 104.16.10.20", CLOUDFRONT | {("web", "front", "cloudflare")}),
    *[("several exchangers in one cell", "MX", cell, {("mail", "back", "microsoft-365"), ("mail", "front", "mimecast")})
      for cell in ("0 x.mail.protection.outlook.com; 20 mx1.mimecast.com", "0 mx1.mimecast.com 5 x.mail.protection.outlook.com.")],
    ("a number too many", "MX", "10 20 mx1.mimecast.com", {("mail", "front", "mimecast"), ("mail", "back", "unknown")}),
    ("several name servers in one cell", "NS", "ns-1.awsdns-00.com.|ns1-05.azure-dns.com",
     {("dns", "front", "aws"), ("dns", "front", "azure")}),
    ("no address", "A", "52.16.0", UNKNOWN),
    ("an address with too many zeros", "A", "052.016.000.001", UNKNOWN),
    ("this machine", "A", "127.0.0.1", NO_WEB),
    ("an address of groups", "A", "224.0.0.5", NO_WEB),
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
    ("a name server of Heart Internet, capitals", "NS", "NS.MAINNAMESERVER.COM.", {("dns", "front", "heart-internet")}),
    ("a name server of Fasthosts", "NS", "ns1.livedns.co.uk", {("dns", "front", "fasthosts")}),
    ("mail of a US government tenant", "MX", "0 x.mail.protection.office365.us", MICROSOFT),
]  # fmt: skip


def attributed(run: Callable, path: Path, rows: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("host", "type", "value"), *rows])
    done = run("attribute", path)
    assert done.code == 0, done.err
    return list(csv.DictReader(io.StringIO(done.out)))


def found(run: Callable, path: Path, rows: Iterable[tuple[str, str, str]]) -> dict[str, set[tuple[str, str, str]]]:
    by_host: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in attributed(run, path, rows):
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
    ("_acme-challenge.saas", "c.example.0a1b2c3d4e5f6071.dcv.cloudflare.com", ("certificate", "front", "cloudflare")),
    ("_acme-challenge.goo", "0a1b.12.authorize.certificatemanager.goog", ("certificate", "front", "gcp")),
    ("_domainconnect", "_domainconnect.gd.domaincontrol.com", ("web", "front", "none")),
    ("_dmarc", "c-example.azurewebsites.net", ("web", "front", "none")),
    ("_mta-sts", "policy.vendor.herokudns.com", ("web", "front", "none")),
    ("_smtp._tls", "d111.cloudfront.net", ("web", "front", "none")),
    ("default._bimi", "d111.cloudfront.net", ("web", "front", "none")),
    ("_0a1b2c3d4e5f60718293a4b5c6d7e8f9", "1a2b.3c4d.sectigo.com", ("certificate", "front", "sectigo")),
    ("asuid.www", "site.azurewebsites.net", ("certificate", "front", "azure")),
]  # fmt: skip


def test_a_validation_name_is_not_hosted(run: Callable, tmp_path: Path) -> None:
    rows = [(f"{name}.c.example", "CNAME", target) for name, target, _ in VALIDATION]
    answers = found(run, tmp_path / "names.csv", rows)
    assert answers == {f"{name}.c.example": {expected} for name, _, expected in VALIDATION}


# An alias to TARGET: role, provider, region, origin.
WHOLE_DOMAINS = [
    # What some scanners write: the registered domain of the last alias, nothing before it.
    ("amazonaws.com", "web", "aws", "", "aws"),
    ("anything.server.transfer.eu-west-2.amazonaws.com", "web", "aws", "eu-west-2", "aws"),
    ("eu-west-2.anything.amazonaws.com", "web", "aws", "", "aws"),
    ("azure.com", "web", "azure", "", "azure"),
    ("azureedge.us", "web", "azure", "", "hidden"),
    ("cloudflare.net", "web", "cloudflare", "", "hidden"),
    ("cloud.gov", "web", "cloud-gov", "", "cloud-gov"),
    ("cloudfront.net", "web", "aws", "", "hidden"),
    ("outlook.office365.com", "mail", "microsoft-365", "", ""),
    ("autodiscover-s.outlook.com", "mail", "microsoft-365", "", ""),
    ("outlook.office.example", "web", "unknown", "", "unknown"),
    ("amazonawseast.com", "web", "unknown", "", "unknown"),
    ("co-ops-aws-east1.net", "web", "unknown", "", "unknown"),
    ("eu-west-1.azure.example", "web", "unknown", "", "unknown"),
]
CHOSEN = [
    # Names that customers chose where they look like regions, beside the same region where the provider writes it.
    ("uksouth.azurewebsites.net", "web", "azure", "", "azure"),
    ("uksouth-01.azurewebsites.net", "web", "azure", "", "azure"),
    ("app-uksouth-01.azurewebsites.net", "web", "azure", "", "azure"),
    ("app-abcd.uksouth-01.azurewebsites.net", "web", "azure", "uksouth", "azure"),
    ("vm.uksouth2.cloudapp.azure.com", "web", "azure", "", "azure"),
    ("vm.eastus2.cloudapp.azure.com", "web", "azure", "eastus2", "azure"),
    ("eu-west-2.elasticbeanstalk.com", "web", "aws", "", "aws"),
    ("app.eu-west-2.elasticbeanstalk.com", "web", "aws", "eu-west-2", "aws"),
    ("eu-west-2.elb.amazonaws.com", "web", "aws", "", "aws"),
    ("us-east-1.elb.eu-west-2.amazonaws.com", "web", "aws", "eu-west-2", "aws"),
    ("eu-west-2.s3.amazonaws.com", "web", "aws", "", "aws"),
    ("files.eu-west-2.s3.amazonaws.com", "web", "aws", "", "aws"),
    ("eu-west-2.s3.eu-west-1.amazonaws.com", "web", "aws", "eu-west-1", "aws"),
    ("B.S3.EU-WEST-2.AMAZONAWS.COM.", "web", "aws", "eu-west-2", "aws"),
    ("b.s3.cn-north-1.amazonaws.com.cn", "web", "aws", "cn-north-1", "aws"),
    ("eu-west-2.vpce.amazonaws.com", "web", "aws", "", "aws"),
    ("vpce-0a-b.execute-api.eu-west-2.vpce.amazonaws.com", "web", "aws", "eu-west-2", "aws"),
    ("abc.gr7.eu-west-2.eks.amazonaws.com", "web", "aws", "eu-west-2", "aws"),
    ("forms.abc.eu-west-2.cs.amazonlightsail.com", "web", "aws", "eu-west-2", "aws"),
    ("eu-west-2.d111.amplifyapp.com", "web", "aws", "", "aws"),
    ("europe-west2.run.app", "web", "gcp", "", "gcp"),
    ("site-1234567890.europe-west2.run.app", "web", "gcp", "europe-west2", "gcp"),
    ("objectstorage.uk-gov-london-1.oraclegovcloud.uk", "web", "oracle", "uk-gov-london-1", "oracle"),
    ("uksouth.trafficmanager.net", "web", "azure", "", "unknown"),
    ("uksouth.azurefd.net", "web", "azure", "", "hidden"),
    ("uksouth-x.z01.azurefd.net", "web", "azure", "", "hidden"),
    ("uksouth.blob.core.windows.net", "web", "azure", "", "azure"),
    ("eu-west-2.cloudfront.net", "web", "aws", "", "hidden"),
    ("eu-west-2.herokudns.com", "web", "heroku", "", "heroku"),
    ("eu.sendgrid.net", "mail_sending", "sendgrid", "eu", ""),
    ("u1.wl2.eu.sendgrid.net", "mail_sending", "sendgrid", "eu", ""),
    ("eu.wl2.sendgrid.net", "mail_sending", "sendgrid", "", ""),
]
PLATFORMS = [
    # Forms beside the best known one of each provider.
    ("vm.usgovvirginia.cloudapp.usgovcloudapi.net", "web", "azure", "usgovvirginia", "azure"),
    ("acct.z33.blob.storage.azure.net", "web", "azure", "", "azure"),
    ("forms.azurecr.io", "web", "azure", "", "azure"),
    ("forms.b2clogin.com", "identity", "azure", "", ""),
    ("4.3.2.34.bc.googleusercontent.com", "web", "gcp", "", "gcp"),
    ("ghs-svc-https-c46.ghs-ssl.googlehosted.com", "web", "gcp", "", "gcp"),
    ("forms.custhelp.com", "saas", "oracle", "", ""),
    ("s123456789.hs.eloqua.com", "saas", "oracle", "", ""),
    ("prod.map.fastlylb.net", "web", "fastly", "", "hidden"),
    ("www-cdn.production.govuk.service.gov.uk", "web", "fastly", "", "hidden"),
    ("redirector-cdn.production.govuk.service.gov.uk", "web", "fastly", "", "hidden"),
    ("cs-body.delib.net", "saas", "delib", "", ""),
    ("0a1b2c3d-0000-0000-0000-0123456789ab.cfargotunnel.com", "web", "cloudflare", "", "hidden"),
    ("x.stackpathcdn.com", "web", "stackpath", "", "hidden"),
    ("fe1.edge.pantheon.io", "web", "pantheon", "", "pantheon"),
    ("live-forms.getpantheon.io", "web", "pantheon", "", "pantheon"),
    ("live-forms.gotpantheon.com", "web", "pantheon", "", "pantheon"),
    ("d1d4fc829fe7bc7c.vercel-dns-016.com", "web", "vercel", "", "vercel"),
    ("d1d4fc829fe7bc7c.vercel-dns-017.com", "web", "vercel", "", "vercel"),
    ("forms.go-vip.co", "web", "automattic", "", "automattic"),
    ("1.group0.sites.hscoscdn00.net", "saas", "hubspot", "", ""),
    ("1.group10.sites.hscoscdn10.net", "saas", "hubspot", "", ""),
    ("1.group20.sites.hscoscdn20.net", "saas", "hubspot", "", ""),
    ("1.group30.sites.hscoscdn30.net", "saas", "hubspot", "", ""),
    ("1.group40.sites.hscoscdn40.net", "saas", "hubspot", "", ""),
    ("forms.statuspage.io", "saas", "atlassian", "", ""),
    ("forms.my.salesforce.com", "saas", "salesforce", "", ""),
    ("go.pardot.com", "saas", "salesforce", "", ""),
    ("click.s7.exacttarget.com", "mail_sending", "salesforce", "", ""),
    ("forms.servicenowservices.com", "saas", "servicenow", "", ""),
    ("forms.mktoweb.com", "saas", "marketo", "", ""),
    ("xzendesk.com", "web", "unknown", "", "unknown"),
    ("d111.cloudfront.net.lost.dot.example", "web", "unknown", "", "unknown"),
]
ALIASES = [*WHOLE_DOMAINS, *CHOSEN, *PLATFORMS]


def test_what_an_alias_shows(run: Callable, tmp_path: Path) -> None:
    """Neither a registered domain alone nor a label that a customer chose is a region."""
    rows = [(f"w{number}.x.example", "CNAME", target) for number, (target, *_) in enumerate(ALIASES)]
    answers = attributed(run, tmp_path / "aliases.csv", rows)
    given = [(row["role"], row["provider"], row["region"], row["origin_provider"]) for row in answers]
    assert [(target, *row) for (target, *_), row in zip(ALIASES, given, strict=True)] == ALIASES


AFD = ["p.azurefd.net", "star-azurefd-prod.trafficmanager.net", "shed.dual-low.part-0017.t-0009.t-msedge.net"]
CHAINS = [
    # Targets hop by hop, addresses of the last; rows: role, provider, region, origin.
    (["app.cloud.gov", "d111.cloudfront.net"], "", {("web", "aws", "", "cloud-gov")}),
    (["app.herokudns.com", "x.edgekey.net"], "", {("web", "akamai", "", "heroku")}),
    (["p.azurefd.net", "d111.cloudfront.net"], "", {("web", "aws", "", "hidden")}),
    (["x.trafficmanager.net", "d111.cloudfront.net"], "", {("web", "aws", "", "hidden"), ("web", "azure", "", "hidden")}),
    (["help.zendesk.com", "x.cdn.cloudflare.net"], "", {("web", "cloudflare", "", "hidden"), ("saas", "zendesk", "", "")}),
    (["x.zendesk.com", "y.zendesk.com"], "", {("saas", "zendesk", "", "")}),
    (["mine.x.example", "d111.cloudfront.net"], "", {("web", "aws", "", "hidden")}),
    (["app-1.eu-west-2.elb.amazonaws.com", "site.azurewebsites.net"], "", {("web", "azure", "", "azure")}),
    # Front Door passes through Microsoft's own traffic manager; what is behind stays hidden, wherever the chain is cut.
    (AFD, "13.107.246.45", {("web", "azure", "", "hidden")}),
    (AFD[:2], "", {("web", "azure", "", "hidden")}),
    (["x.trafficmanager.net", "site.azurewebsites.net", "waws-prod-ln1-015.cloudapp.net"], "51.140.142.250",
     {("web", "azure", "uksouth", "azure")}),
    (["x.azureedge.net", "x.afd.azureedge.net", *AFD[1:]], "", {("web", "azure", "", "hidden")}),
    # A department's own names for its platform lead wherever it likes: they show nothing behind a network in front.
    (["w.platform.hmcts.net", "p.azurefd.net"], "", {("web", "azure", "", "hidden")}),
    (["w.platform.hmcts.net", "d111.cloudfront.net"], "", {("web", "aws", "", "hidden")}),
    (["w.modernisation-platform.service.justice.gov.uk", "d111.cloudfront.net"], "", {("web", "aws", "", "hidden")}),
    (["w.platform.hmcts.net"], "51.140.142.250", {("web", "azure", "uksouth", "azure")}),
    (["main.d111.amplifyapp.com", "d111.cloudfront.net"], "", {("web", "aws", "", "hidden")}),
    # Google's web pages and its mail share a domain.
    (["ghs.google.com", "ghs.l.google.com"], "142.250.0.1", {("saas", "google-workspace", "", "")}),
    (["app.herokudns.com"], "52.16.0.1", {("web", "heroku", "", "heroku")}),
]  # fmt: skip


def test_a_chain_shows_what_answers_and_what_its_earlier_hops_are(run: Callable, tmp_path: Path) -> None:
    """A platform's own alias leads on to its edge: the platform is what stands behind, rented software stays rented."""
    given = []
    for targets, address, _ in CHAINS:
        names = ["w.x.example", *targets]
        rows = [(a, "CNAME", b) for a, b in zip(names, targets, strict=False)]
        rows += [(names[-1], "A", address)] if address else []
        answers = attributed(run, tmp_path / "chain.csv", rows[::-1])
        shown = {
            (r["role"], r["provider"], r["region"], r["origin_provider"]) for r in answers if r["host"] == "w.x.example"
        }
        given.append((targets, address, shown))
    assert given == CHAINS


TOGETHER = [
    # Records of one name; rows: role, provider, region, origin.
    ("a resolver's answer kept under the name that was asked", ["CNAME app.nobody.example", "A 18.168.187.252"],
     {("web", "aws", "eu-west-2", "aws")}),
    ("the same, a network in front", ["CNAME app.nobody.example", "A 104.16.10.20"], {("web", "cloudflare", "", "hidden")}),
    ("the same, a private address", ["CNAME app.nobody.example", "A 10.1.2.3"], {("web", "none", "", "")}),
    ("the same, a target that is known", ["CNAME app.azurewebsites.net", "A 51.140.142.250"],
     {("web", "azure", "uksouth", "azure")}),
    ("an alias at the apex", ["CNAME d111.cloudfront.net", "NS ns-1.awsdns-00.com"],
     {("web", "aws", "", "hidden"), ("dns", "aws", "", "")}),
    ("two regions of one provider", ["A 18.168.187.252", "A 52.16.0.1"], {("web", "aws", "", "aws")}),
    ("a private address beside a public one", ["A 100.64.1.1", "A 18.168.187.252"], {("web", "aws", "eu-west-2", "aws")}),
    ("a domain trader's name servers, its page on a cloud", ["NS ns1.dan.com", "NS NS2.DAN.COM.", "A 18.168.187.252"],
     {("web", "none", "", ""), ("dns", "unknown", "", "")}),
    ("one name server of a domain trader", ["NS ns1.dan.com", "NS ns-1.awsdns-00.com", "A 18.168.187.252"],
     {("web", "aws", "eu-west-2", "aws"), ("dns", "aws", "", "")}),
    ("a name server whose name ends like a domain trader's", ["NS ns1.jordan.com", "A 145.1.2.3"],
     {("web", "unknown", "", "unknown"), ("dns", "unknown", "", "")}),
    ("an alias whose name ends like a domain trader's", ["CNAME www.notdan.com"], {("web", "unknown", "", "unknown")}),
    ("an exchanger whose name ends like a domain trader's", ["MX 10 mx.jordan.com"], {("mail", "unknown", "", "")}),
    ("a parking page", ["CNAME x.bodis.com"], {("web", "none", "", "")}),
    ("the address of a registrar's parking page", ["A 217.70.184.38"], {("web", "none", "", "")}),
    ("counting fingers", ["A 1.2.3.4"], {("web", "none", "", "")}),
    ("a public resolver beside a server", ["A 8.8.8.8", "A 18.168.187.252"], {("web", "aws", "eu-west-2", "aws")}),
    ("the load balancer's cookie of Google", ["cookie:GCLB CK"], {("web", "gcp", "", "gcp")}),
    ("the cookie of a machine that anybody can buy", ["cookie:BIGipServerpool 1", "CNAME d111.cloudfront.net"],
     {("web", "aws", "", "hidden")}),
    ("headers of two networks in front", ["header:cf-ray 1-LHR", "header:x-amz-cf-id 2"],
     {("web", "cloudflare", "", "hidden"), ("web", "aws", "", "hidden")}),
    ("a weak mark beside a strong one of the same origin", ["CNAME x.cdn.cloudflare.net", "header:x-sid 1", "header:x-wix-request-id 2"],
     {("web", "cloudflare", "", "wix")}),
    ("a platform and the cloud beneath it", ["header:x-vercel-id 1", "header:x-amzn-requestid 2"],
     {("web", "vercel", "", "vercel"), ("web", "aws", "", "aws")}),
    ("what a parking page answers with", ["NS ns1.bodis.com", "A 145.1.2.3", "cookie:AWSALB 1"],
     {("web", "none", "", ""), ("dns", "unknown", "", "")}),
    ("a header seen from inside", ["A 10.0.0.1", "header:server cloudflare"], {("web", "none", "", "")}),
    ("two origins shown, so none", ["cookie:AWSALB 1", "cookie:ARRAffinity 2", "CNAME d111.cloudfront.net"],
     {("web", "aws", "", "hidden")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("targets", "rule", "confidence"),
    [
        (AFD, "suffix:azure:azurefd.net", "confirmed"),
        (["x.trafficmanager.net", *AFD], "suffix:azure:azurefd.net", "confirmed"),
        (["w.platform.hmcts.net", *AFD], "suffix:azure:azurefd.net", "confirmed"),
        (["x.trafficmanager.net", "site.azurewebsites.net", "waws-1.cloudapp.net"], "suffix:azure:azurewebsites.net", "confirmed"),
        (["www.x.example.edgekey.net", "www.x.example.akadns.net", "e1.akamaiedge.net"], "suffix:akamai:edgekey.net", "confirmed"),
        (["x.trafficmanager.net"], "suffix:azure:trafficmanager.net", "confirmed"),
    ],
)  # fmt: skip
def test_the_name_that_was_given_to_the_customer_answers(
    run: Callable, tmp_path: Path, targets: list[str], rule: str, confidence: str
) -> None:
    """The names behind it are the provider's own: shared by all its customers, and less well known to us."""
    names = ["w.x.example", *targets]
    rows = [(a, "CNAME", b) for a, b in zip(names, targets, strict=False)]
    answer = next(row for row in attributed(run, tmp_path / "chain.csv", rows) if row["host"] == "w.x.example")
    assert (answer["rule_id"], answer["confidence"]) == (rule, confidence)


@pytest.mark.parametrize("step", [1, -1], ids=["forwards", "backwards"])
def test_what_the_records_of_one_name_show_together(run: Callable, tmp_path: Path, step: int) -> None:
    rows = [
        (f"n{number}.example", *record.split(" ", 1))
        for number, (_, records, _) in enumerate(TOGETHER)
        for record in records[::step]
    ]
    given: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row in attributed(run, tmp_path / "names.csv", rows):
        given[row["host"]].add((row["role"], row["provider"], row["region"], row["origin_provider"]))
    assert {what: given[f"n{number}.example"] for number, (what, *_) in enumerate(TOGETHER)} == {
        what: expected for what, _, expected in TOGETHER
    }
