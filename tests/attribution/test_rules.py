"""Attribution, case by case: small tables that somebody who reads DNS can check."""

from __future__ import annotations

import pytest

from pipelines import reference
from pipelines.attribution import names, observe
from pipelines.attribution.attribute import attribute, attribute_host
from pipelines.text import MAX_TEXT
from tests.attribution.zone import RULES, book


def found(*records: tuple[str, str, str], host: str | None = None) -> set[tuple[str, str, str, str | None]]:
    """(role, layer, provider, region) of the first record's host."""
    return {
        (d.role, d.layer, d.provider, d.region)
        for d in attribute_host(book(*records), RULES, host or names.host(records[0][0]))
    }


WEB = [
    # target, provider, region, origin
    ("app-1.eu-west-2.elb.amazonaws.com", "aws", "eu-west-2", "aws"),
    ("dualstack.app-1.eu-west-1.elb.amazonaws.com.", "aws", "eu-west-1", "aws"),
    ("nlb-1.elb.eu-west-2.amazonaws.com", "aws", "eu-west-2", "aws"),
    ("nlb-1.elb.ap-south-2.amazonaws.com", "aws", "ap-south-2", "aws"),
    ("it-portal-1.elb.amazonaws.com", "aws", None, "aws"),
    ("ls-nginx-1.elb.amazonaws.com", "aws", None, "aws"),
    ("eu-west-9.elb.amazonaws.com", "aws", None, "aws"),
    ("eu-west-2.cloudfront.net", "aws", None, "hidden"),
    ("d111.cloudfront.net", "aws", None, "hidden"),
    ("bucket.s3-website.eu-west-2.amazonaws.com", "aws", "eu-west-2", "aws"),
    ("bucket.s3-website-eu-west-1.amazonaws.com", "aws", "eu-west-1", "aws"),
    ("x.execute-api.eu-west-2.amazonaws.com", "aws", "eu-west-2", "aws"),
    ("site.azurewebsites.net", "azure", None, "azure"),
    ("site-abcd.uksouth-01.azurewebsites.net", "azure", "uksouth", "azure"),
    ("vm.uksouth.cloudapp.azure.com", "azure", "uksouth", "azure"),
    ("blue-1.2.azurestaticapps.net", "azure", None, "azure"),
    ("hmcts-prod-xyz.z01.azurefd.net", "azure", None, "hidden"),
    ("profile.trafficmanager.net", "azure", None, "unknown"),
    ("svc-abc-nw.a.run.app", "gcp", "europe-west2", "gcp"),
    ("org.github.io", "github-pages", None, "github-pages"),
    ("www.example.org.cdn.cloudflare.net", "cloudflare", None, "hidden"),
    ("x.map.fastly.net", "fastly", None, "hidden"),
    ("e1.akamaiedge.net", "akamai", None, "hidden"),
    ("app.herokudns.com", "heroku", None, "heroku"),
]


@pytest.mark.parametrize(("target", "provider", "region", "origin"), WEB, ids=[row[0] for row in WEB])
def test_alias_targets(target: str, provider: str, region: str | None, origin: str) -> None:
    drafts = attribute_host(book(("www.x.example", "CNAME", target)), RULES, "www.x.example")
    assert [(d.role, d.layer, d.provider, d.region, d.origin) for d in drafts] == [
        ("web", "front", provider, region, origin)
    ]


@pytest.mark.parametrize(
    ("target", "not_provider"),
    [
        ("notamazonaws.com", "aws"),
        ("azurefd.net.evil.example", "azure"),
        ("xcloudfront.net", "aws"),
        ("cloudfront.net.example.org", "aws"),
    ],
)
def test_a_suffix_matches_whole_labels_only(target: str, not_provider: str) -> None:
    assert not_provider not in {row[2] for row in found(("www.x.example", "CNAME", target))}


def test_a_chain_is_walked_inside_the_book_with_every_hop_kept() -> None:
    records = (
        ("www.x.example", "CNAME", "alias.x.example"),
        ("alias.x.example", "CNAME", "edge.x.example."),
        ("edge.x.example", "CNAME", "d111.cloudfront.net"),
    )
    (draft,) = attribute_host(book(*records), RULES, "www.x.example")
    assert draft.provider == "aws"
    assert [seen.host for seen in draft.evidence] == ["www.x.example", "alias.x.example", "edge.x.example"]


@pytest.mark.parametrize("length", [1, 2, 7, 20])
def test_loops_and_endless_chains_end(length: int) -> None:
    records = [(f"h{i}.x.example", "CNAME", f"h{(i + 1) % length}.x.example") for i in range(length)]
    assert found(*records) == {("web", "front", "unknown", None)}


def test_two_aliases_on_one_name_give_the_same_answer_in_any_order() -> None:
    rows = [("w.x.example", "CNAME", "b.azurefd.net"), ("w.x.example", "CNAME", "a.cloudfront.net")]
    assert found(*rows) == found(*rows[::-1])


ADDRESSES = [
    (["51.140.142.250"], {("web", "front", "azure", "uksouth")}),
    (["18.168.187.252"], {("web", "front", "aws", "eu-west-2")}),
    (["172.66.0.126"], {("web", "front", "cloudflare", None)}),
    (["10.1.2.3", "192.168.0.1"], {("web", "front", "none", None)}),
    (["10.1.2.3", "145.1.2.3"], {("web", "front", "unknown", None)}),
    (
        ["51.140.142.250", "18.168.187.252"],
        {("web", "front", "azure", "uksouth"), ("web", "front", "aws", "eu-west-2")},
    ),
    (["not-an-address"], {("web", "front", "unknown", None)}),
]


@pytest.mark.parametrize(("addresses", "expected"), ADDRESSES, ids=[" ".join(row[0]) for row in ADDRESSES])
def test_addresses(addresses: list[str], expected) -> None:
    assert found(*[("h.x.example", "A", address) for address in addresses]) == expected


def test_a_front_range_never_gives_a_region_or_an_origin() -> None:
    for network in RULES.networks.networks:
        if network.in_front or network.product == "GLOBALACCELERATOR":
            assert network.region is None
    (draft,) = attribute_host(book(("h.x.example", "A", "172.66.0.126")), RULES, "h.x.example")
    assert (draft.origin, draft.region) == ("hidden", None)


def test_what_comes_through_the_front_shows_the_origin() -> None:
    drafts = attribute_host(
        book(("w.x.example", "CNAME", "p.azurefd.net"), ("w.x.example", "cookie:awsalb", "abc")), RULES, "w.x.example"
    )
    assert [(d.provider, d.origin) for d in drafts] == [("azure", "aws")]


def test_a_weak_mark_does_not_show_the_origin() -> None:
    drafts = attribute_host(
        book(("w.x.example", "CNAME", "p.azurefd.net"), ("w.x.example", "header:via", "1.1 varnish")),
        RULES,
        "w.x.example",
    )
    assert [(d.provider, d.origin) for d in drafts] == [("azure", "hidden")]


def test_a_certificate_alias_is_the_one_trace_of_some_fronts() -> None:
    records = (
        ("aka.x.example", "A", "145.1.2.3"),
        ("_acme-challenge.aka.x.example", "CNAME", "abc.fastly-validations.com"),
    )
    (draft,) = attribute_host(book(*records), RULES, "aka.x.example")
    assert (draft.provider, draft.confidence, draft.origin) == ("fastly", "likely", "hidden")


NOT_SERVICES = [
    ("afdverify.w.x.example", "CNAME", "afdverify.p.azurefd.net", ("certificate", "front", "azure", None)),
    # A name that asks for a certificate never shows that the software is used.
    ("_acme-challenge.jobs.x.example", "CNAME", "x.zendesk.com", ("certificate", "front", "zendesk", None)),
    ("_abc.w.x.example", "CNAME", "_def.acm-validations.aws", ("certificate", "front", "aws", None)),
    ("autodiscover.x.example", "CNAME", "autodiscover.outlook.com", ("mail", "back", "microsoft-365", None)),
    ("selector1._domainkey.x.example", "CNAME", "selector1-x-example._domainkey.t.onmicrosoft.com",
     ("mail_sending", "front", "microsoft-365", None)),
    ("_dmarc.x.example", "TXT", "v=DMARC1; p=none", ("web", "front", "none", None)),
    ("mta-sts.x.example", "CNAME", "d1.cloudfront.net", ("web", "front", "aws", None)),
]  # fmt: skip


@pytest.mark.parametrize(("host", "kind", "value", "expected"), NOT_SERVICES, ids=[row[0] for row in NOT_SERVICES])
def test_names_that_are_no_services(host: str, kind: str, value: str, expected) -> None:
    assert found((host, kind, value)) == {expected}
    assert not names.is_service_name(host)


MAIL = [
    ("null", [("MX", "0 .")], {("back", "none")}),
    ("null that lost its dot", [("MX", "0")], {("back", "none")}),
    ("direct", [("MX", "0 x-example.mail.protection.outlook.com")], {("back", "microsoft-365")}),
    ("direct, new form", [("MX", "0 x-example.a-v1.mx.microsoft")], {("back", "microsoft-365")}),
    ("google", [("MX", "1 aspmx.l.google.com"), ("MX", "5 alt1.aspmx.l.google.com")], {("back", "google-workspace")}),
    ("placeholder", [("MX", "32767 ms123.msv1.invalid")], {("back", "none")}),
    ("filter alone", [("MX", "10 eu-smtp-inbound-1.mimecast.com")], {("front", "mimecast"), ("back", "unknown")}),
    ("filter and mailbox", [("MX", "10 eu-smtp-inbound-1.mimecast.com"), ("MX", "20 x.mail.protection.outlook.com")],
     {("front", "mimecast"), ("back", "microsoft-365")}),
    ("filter, DKIM", [("MX", "10 eu-smtp-inbound-1.mimecast.com"),
     ("selector1._domainkey CNAME", "selector1-x-example._domainkey.t.onmicrosoft.com")],
     {("front", "mimecast"), ("back", "microsoft-365")}),
    ("filter, autodiscover", [("MX", "10 eu-smtp-inbound-1.mimecast.com"), ("autodiscover CNAME", "autodiscover.outlook.com")],
     {("front", "mimecast"), ("back", "microsoft-365")}),
    ("filter, one mailbox in SPF", [("MX", "10 eu-smtp-inbound-1.mimecast.com"),
     ("TXT", "v=spf1 include:spf.protection.outlook.com -all")], {("front", "mimecast"), ("back", "microsoft-365")}),
    ("filter, two mailboxes in SPF", [("MX", "10 eu-smtp-inbound-1.mimecast.com"),
     ("TXT", "v=spf1 include:spf.protection.outlook.com include:_spf.google.com -all")],
     {("front", "mimecast"), ("back", "unknown")}),
    ("filter, SPF through its own name", [("MX", "10 eu-smtp-inbound-1.mimecast.com"), ("TXT", "v=spf1 include:spf1.x.example -all"),
     ("spf1 TXT", "v=spf1 include:spf.protection.outlook.com -all")], {("front", "mimecast"), ("back", "microsoft-365")}),
    ("filter, token", [("MX", "10 eu-smtp-inbound-1.mimecast.com"), ("TXT", "MS=ms12345678")],
     {("front", "mimecast"), ("back", "microsoft-365")}),
    ("own relay, DKIM", [("MX", "10 mail.x.example"),
     ("selector2._domainkey CNAME", "selector2-x-example._domainkey.t.onmicrosoft.com")],
     {("front", "unknown"), ("back", "microsoft-365")}),
    ("own relay alone", [("MX", "10 mail.x.example")], {("front", "unknown"), ("back", "unknown")}),
    ("nobody knows it", [("MX", "10 mx.nobody-knows.example.org")], {("back", "unknown")}),
]  # fmt: skip


def mail_records(rows: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    out = []
    for kind, value in rows:
        label, _, real = kind.rpartition(" ")
        out.append((f"{label}.x.example" if label else "x.example", real, value))
    return out


@pytest.mark.parametrize(("name", "rows", "expected"), MAIL, ids=[row[0] for row in MAIL])
def test_mail_through_the_filter(name: str, rows: list[tuple[str, str]], expected) -> None:
    drafts = attribute_host(book(*mail_records(rows)), RULES, "x.example")
    assert {(d.layer, d.provider) for d in drafts if d.role == "mail"} == expected


def test_the_most_trusted_sign_wins_and_the_other_is_shown() -> None:
    """Elmbridge's case: DKIM and autodiscover say Microsoft, SPF names Google too."""
    rows = mail_records(
        [
            ("MX", "10 cust.in.mailcontrol.com"),
            ("selector1._domainkey CNAME", "selector1-x-example._domainkey.t.onmicrosoft.com"),
            ("autodiscover CNAME", "autodiscover.outlook.com"),
            ("TXT", "v=spf1 include:_spf.google.com -all"),
        ]
    )
    (back,) = [d for d in attribute_host(book(*rows), RULES, "x.example") if d.role == "mail" and d.layer == "back"]
    assert (back.provider, back.rule_id) == ("microsoft-365", "mail-through:dkim")
    assert "google-workspace" in (back.contradiction or "")


def test_a_copied_dkim_target_is_weak() -> None:
    """Thanet's case: the MX says Google, the selector names another body's domain."""
    rows = mail_records(
        [
            ("MX", "1 aspmx.l.google.com"),
            ("selector1._domainkey CNAME", "selector1-other-co-uk._domainkey.other.onmicrosoft.com"),
        ]
    )
    (back,) = [d for d in attribute_host(book(*rows), RULES, "x.example") if d.role == "mail"]
    assert (back.provider, back.confidence) == ("google-workspace", "confirmed")
    assert "microsoft-365" in (back.contradiction or "")


def test_newer_tenants_write_the_domain_without_its_dashes() -> None:
    """West Lindsey's case: selector1-westlindsey-gov-uk01b names west-lindsey.gov.uk, in a tenant shared with others."""
    rows = [
        ("a-b.gov.uk", "MX", "5 mx.mailcontrol.com"),
        ("selector1._domainkey.a-b.gov.uk", "CNAME", "selector1-ab-gov-uk01b._domainkey.itshared.onmicrosoft.com"),
    ]
    (back,) = [d for d in attribute_host(book(*rows), RULES, "a-b.gov.uk") if d.role == "mail" and d.layer == "back"]
    assert (back.provider, back.rule_id) == ("microsoft-365", "mail-through:dkim")


def test_two_operators_of_one_zone_are_two_rows_and_an_unknown_one_is_said() -> None:
    rows = [
        ("x.example", "NS", "ns-1.awsdns-00.com"),
        ("x.example", "NS", "ns-cloud-a1.googledomains.com"),
        ("x.example", "NS", "ns1.nobody.example"),
    ]
    drafts = attribute_host(book(*rows), RULES, "x.example")
    assert [(d.provider, d.contradiction) for d in drafts] == [
        ("aws", "1 of 3 name servers are not known"),
        ("gcp", "1 of 3 name servers are not known"),
    ]


TOKENS = [
    ("openai-domain-verification=dv-abc123", ("ai", "openai")),
    ("anthropic-domain-verification-abc123=tokentokentoken", ("ai", "anthropic")),
    ("atlassian-domain-verification=abcdefgh", ("saas", "atlassian")),
    ("MS=ms12345678", ("saas", "microsoft-365")),
    ("brevo-code:abcdefgh", ("mail_sending", "brevo")),
    ("apple-domain=abcdefghijklmnop", ("saas", "apple")),
    ("SFMC-o7HX74BQ79k9mpXEGcGs61zk", ("saas", "salesforce")),
    ("nintex.5f3a9d1bb0a94d0cb2b8e0d1", ("saas", "nintex")),
    ("mandrill_verify.AbCdEfGhIjKlMnOpQrStUv", ("mail_sending", "mailchimp")),
    ("logmein-domain-confirmation jd83kfkaslfj39", ("saas", "goto")),
    ("citrix.mobile.ads.otp=abcdefgh1234", ("saas", "citrix")),
    ("hibp-verify=dweb_abcdefghijkl", ("saas", "have-i-been-pwned")),
    ("mixpanel-domain-verify=0b2c4d6e-1111-2222-3333-444455556666", ("saas", "mixpanel")),
    ("swisssign-check=AbCdEfGh", ("certificate", "swisssign")),
    ("identrust_validate=AbCdEfGh", ("certificate", "identrust")),
    ("infoblox-domain-mastery=0123456789abcdef", ("saas", "infoblox")),
    ("yahoo-verification-key=AbCdEfGh", ("saas", "yahoo")),
    ("rippling-domain-verification=0123456789abcdef", ("saas", "rippling")),
    ("intacct-esk=0123456789ABCDEF", ("saas", "sage-intacct")),
]


@pytest.mark.parametrize(("text", "expected"), TOKENS, ids=[row[0].split("=")[0] for row in TOKENS])
def test_tokens_show_proof_of_ownership_and_are_not_kept(text: str, expected) -> None:
    assert expected in {(role, provider) for role, _, provider, _ in found(("x.example", "TXT", text))}
    assert text[-8:] not in (observe.value("TXT", text) or "")


def test_tokens_are_hashed_and_equality_stays() -> None:
    first = observe.value("TXT", "atlassian-domain-verification=secret-token-1")
    assert first == observe.value("TXT", '"atlassian-domain-verification=secret-token-1"')
    assert first != observe.value("TXT", "atlassian-domain-verification=secret-token-2")
    assert "secret" not in first
    assert observe.value("TXT", first) == first
    assert "123456789012" not in observe.value("TXT", "deploy arn:aws:iam::123456789012:role/x y")
    assert observe.value("TXT", "v=DMARC1; rua=mailto:someone@x.example") == "v=DMARC1; rua=mailto:x.example"


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("CNAME", "01614960000.Barset.gov.uk.", "01614960000.barset.gov.uk"),
        ("NS", "ns1.0161-496-0000.example", "ns1.0161-496-0000.example"),
        ("CNAME", "0161 496 0000", "[phone removed]"),
        ("CNAME", "jo.bloggs@barset.gov.uk", "barset.gov.uk"),
        ("CNAME", "a.\u202egpj.example", "a.gpj.example"),
        ("CNAME", "x" * 64 + ".example", "x" * 64 + ".example"),
        ("CNAME", "barset.example\n0161 496 0000", "barset.example\n[phone removed]"),
    ],
)
def test_a_number_in_a_host_name_is_no_telephone_and_contact_details_stay_out(kind: str, value: str, kept: str) -> None:
    assert observe.value(kind, value) == kept


def test_a_value_that_is_longer_than_any_name_is_cut() -> None:
    assert len(observe.value("CNAME", "a." * 9_000 + "example") or "") == MAX_TEXT


def test_what_nobody_rechecked_gives_at_most_possible() -> None:
    facts = reference.load()
    for provider in facts.providers.values():
        for entry in provider.sections["suffixes"]:
            if entry["check"] == "recalled" and "{region}" not in entry["suffix"]:
                rule = RULES.suffixes.find("anything." + entry["suffix"])
                assert rule is not None
                assert rule.confidence == "possible", entry["suffix"]


def test_every_region_is_of_the_closed_list() -> None:
    facts = reference.load()
    targets = [row[0] for row in WEB] + [f"h.it-portal-{i}.elb.amazonaws.com" for i in range(9)]
    for draft in attribute(book(*[(f"h{i}.x.example", "CNAME", t) for i, t in enumerate(targets)]), RULES):
        if draft.region:
            assert draft.region in facts.providers[draft.provider].regions


def test_environments_are_read_from_labels_and_from_the_source() -> None:
    cases = [
        ("www.x.example", None, None), ("app.staging.x.example", None, "staging"), ("dev-app.x.example", None, "dev"),
        ("developer.x.example", None, None), ("app.x.example", "ithc", "other"), ("app.x.example", "prod", None),
        ("prod.x.example", None, None), ("x.ithc.platform.example", None, "other"), ("contest.x.example", None, None),
    ]  # fmt: skip
    for host, stated, expected in cases:
        assert names.environment(host, stated) == expected, host
