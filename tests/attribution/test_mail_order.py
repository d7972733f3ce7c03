"""Whose mailboxes a domain uses: which sign counts behind which mail exchanger, combination by combination.

Behind a filter every sign counts, the most trusted first: DKIM, autodiscover, SPF with exactly one mailbox provider,
token. Behind a server that we cannot name only DKIM does, or two of the others together: an SPF record says who may send,
a token that somebody proved ownership, and autodiscover outlives a trial; the server itself may hold the mailboxes.
"""

from __future__ import annotations

import copy
import itertools

import pytest

from pipelines.attribution import networks
from pipelines.attribution.attribute import attribute_host
from pipelines.attribution.draft import Draft
from pipelines.attribution.rules import Rules
from tests.attribution.zone import RULES, book

HOST = "bad-beispiel.example"

EXCHANGERS = {
    "microsoft": ["bad-beispiel-example.mail.protection.outlook.com"],
    "google": ["aspmx.l.google.com", "alt1.aspmx.l.google.com"],
    "filter": ["mxa-00000001.gslb.pphosted.com"],
    "own": ["mail.bad-beispiel.example"],
    "nobody we know": ["mx1.rechenzentrum.example"],
}
SIGNS = {
    "DKIM": ("selector1._domainkey.bad-beispiel.example", "CNAME", "selector1-badbeispiel-example01b._domainkey.rathaus.onmicrosoft.com"),
    "autodiscover": ("autodiscover.bad-beispiel.example", "CNAME", "autodiscover.outlook.com"),
    "SPF": (HOST, "TXT", "v=spf1 mx include:spf.protection.outlook.com -all"),
    "token": (HOST, "TXT", "MS=ms12345678"),
}  # fmt: skip
STRONG = ("DKIM", "autodiscover")


def mail(*records: tuple[str, str, str], rules: Rules = RULES) -> list[Draft]:
    """Mail rows of the domain."""
    return [draft for draft in attribute_host(book(*records), rules, HOST) if draft.role == "mail"]


def back(*records: tuple[str, str, str]) -> Draft:
    (found,) = [draft for draft in mail(*records) if draft.layer == "back"]
    return found


COMBINATIONS = [
    (exchanger, signs)
    for exchanger in EXCHANGERS
    for size in range(len(SIGNS) + 1)
    for signs in itertools.combinations(SIGNS, size)
]


@pytest.mark.parametrize(("exchanger", "signs"), COMBINATIONS, ids=[f"{e}: {' '.join(s)}" for e, s in COMBINATIONS])
def test_which_sign_counts_behind_which_exchanger(exchanger: str, signs: tuple[str, ...]) -> None:
    records = [(HOST, "MX", target) for target in EXCHANGERS[exchanger]] + [SIGNS[sign] for sign in signs]
    enough = exchanger == "filter" or "DKIM" in signs or len(signs) > 1
    counting = [sign for sign in SIGNS if sign in signs and enough]
    found = back(*records)
    if exchanger in ("microsoft", "google"):
        assert found.provider == {"microsoft": "microsoft-365", "google": "google-workspace"}[exchanger]
        assert found.confidence == "confirmed"
    elif counting:
        assert (found.provider, found.rule_id) == ("microsoft-365", f"mail-through:{counting[0].lower()}")
        assert found.confidence == ("likely" if counting[0] in STRONG else "possible")
    else:
        assert (found.provider, found.confidence) == ("unknown", "possible")


def test_two_weak_signs_count_together_only_where_they_name_one_provider() -> None:
    server = (HOST, "MX", "mail.bad-beispiel.example")
    found = back(server, SIGNS["SPF"], SIGNS["token"])
    assert found.confidence == "possible" and len(found.evidence) == 2
    google = (HOST, "TXT", f"v=spf1 {GOOGLE} -all")
    assert back(server, google, SIGNS["token"]).provider == "unknown"


def test_autodiscover_is_not_enough_where_the_spf_record_leaves_its_provider_out() -> None:
    """Mailboxes there could not send. Behind a filter the filter sends for them; both named is a hybrid."""
    server = (HOST, "MX", "mx1.rechenzentrum.example")
    others = (HOST, "TXT", "v=spf1 mx include:spf.rechenzentrum.example -all")
    both = (HOST, "TXT", f"v=spf1 {MICROSOFT} {GOOGLE} -all")
    assert back(server, SIGNS["autodiscover"], others).provider == "unknown"
    assert back(server, SIGNS["autodiscover"], SIGNS["DKIM"], others).provider == "microsoft-365"
    assert back(server, SIGNS["autodiscover"], both).provider == "microsoft-365"
    assert back(server, SIGNS["autodiscover"], SIGNS["token"], others).provider == "unknown"
    assert back(FILTER, SIGNS["autodiscover"], others).provider == "microsoft-365"


def test_autodiscover_is_not_enough_where_no_spf_record_is_at_hand() -> None:
    """Collected records often keep only SPF records that include somebody; whoever uses Exchange Online has such a one."""
    server = (HOST, "MX", "mx1.rechenzentrum.example")
    google = (HOST, "TXT", "google-gws-recovery-domain-verification=1234567")
    assert back(server, SIGNS["autodiscover"]).provider == "unknown"
    assert back(server, SIGNS["autodiscover"], SIGNS["token"]).provider == "microsoft-365"
    assert back(server, SIGNS["autodiscover"], google).provider == "unknown"


CARRIER = (HOST, "MX", "mx1.a1.net")
PASSED_ON = [signs for _, signs in COMBINATIONS[: 2 ** len(SIGNS)] if "DKIM" in signs or len(signs) > 1]
KEPT = [(), ("SPF",), ("token",), ("autodiscover",)]


@pytest.mark.parametrize("signs", PASSED_ON, ids=" ".join)
def test_a_carrier_is_in_front_where_signs_show_the_mailboxes_elsewhere(signs: tuple[str, ...]) -> None:
    """A host or computing centre keeps mailboxes for some and passes the mail of others on."""
    layers = {draft.layer: draft.provider for draft in mail(CARRIER, *(SIGNS[sign] for sign in signs))}
    assert layers == {"front": "a1", "back": "microsoft-365"}


@pytest.mark.parametrize("signs", KEPT, ids=[" ".join(signs) or "none" for signs in KEPT])
def test_without_such_a_sign_the_mailboxes_are_the_carriers(signs: tuple[str, ...]) -> None:
    (found,) = mail(CARRIER, *(SIGNS[sign] for sign in signs))
    assert (found.layer, found.provider, found.confidence) == ("back", "a1", "confirmed")


def test_a_carrier_beside_the_exchanger_of_the_mailboxes_is_in_front_where_another_sign_says_so() -> None:
    both = (CARRIER, (HOST, "MX", EXCHANGERS["microsoft"][0]))
    named = {(draft.layer, draft.provider) for draft in mail(*both, SIGNS["SPF"])}
    assert named == {("front", "a1"), ("back", "microsoft-365")}
    assert {(draft.layer, draft.provider) for draft in mail(*both)} == {("back", "a1"), ("back", "microsoft-365")}


SERVERS = [
    # addresses of the domain's own exchanger, who stands in front
    (["203.0.113.9"], "hetzner"),
    (["203.0.113.9", "203.0.113.10"], "hetzner"),
    (["203.0.113.9", "198.51.100.7"], "unknown"),
    (["198.51.100.200"], "unknown"),
    (["192.0.2.80"], "unknown"),
    (["10.1.2.3"], "unknown"),
    ([], "unknown"),
    (["nothing that is an address"], "unknown"),
]


@pytest.mark.parametrize(("addresses", "provider"), SERVERS, ids=[" ".join(row[0]) or "none" for row in SERVERS])
def test_an_exchanger_of_the_domains_own_stands_where_its_address_is(addresses: list[str], provider: str) -> None:
    """The address names who runs the machine or its network; whose mailboxes stand behind it stays unknown."""
    known = copy.copy(RULES)
    known.networks = networks.Networks(
        [
            networks.Network("203.0.113.0/28", "hetzner", None, None, "2026-11-01", "ranges"),
            networks.Network("198.51.100.0/28", "ovh", None, None, "2026-11-01", "ranges"),
            networks.Network("192.0.2.0/24", "cloudflare", None, None, "2026-11-01", "ranges", in_front=True),
        ]
    )
    records = [(HOST, "MX", "mail.bad-beispiel.example")] + [
        ("mail.bad-beispiel.example", "A", text) for text in addresses
    ]
    found = mail(*records, rules=known)
    assert {draft.layer: draft.provider for draft in found} == {"front": provider, "back": "unknown"}


NATIONAL = [
    # a mail exchanger as zones of the country name it, who that is
    ("mx1.rzobt.ch", "obt"), ("mx.cyon.ch", "cyon"), ("mxa.mailgate.t-online.de", "deutsche-telekom"),
    ("mx6.kvnbw.de", "komm-one"), ("mx.transip.email", "transip"), ("mx.domeneshop.no", "domeneshop"),
    ("mx1.telenor.net", "telenor"), ("mx.telia.com", "telia"), ("mx.elisa.fi", "elisa"), ("mx.simply.com", "simply-com"),
    ("mx1.mail.ptempresas.pt", "altice-portugal"), ("smtp-in.orange.fr", "orange"), ("mx.mailprotect.be", "combell"),
    ("mx.tet.lv", "tet"), ("mx1.blacknight.com", "blacknight"), ("mx.xtra.co.nz", "spark-nz"),
    ("mx1-hosting.jellyfish.systems", "namecheap"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "provider"), NATIONAL, ids=[row[0] for row in NATIONAL])
def test_national_hosts_are_named(target: str, provider: str) -> None:
    assert back((HOST, "MX", target)).provider == provider


FILTERS = [
    ("mx1.mtaroutes.com", "n-able"), ("mx01.security-mail.net", "secuserve"), ("mx1.comendosystems.com", "vipre"),
    ("mx1.garmtech.net", "garmtech"), ("mx.secmail.com", "secmail"), ("mx1.ippnet.fi", "ippnet"),
    ("town.in.hes.trendmicro.com", "trendmicro"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "provider"), FILTERS, ids=[row[0] for row in FILTERS])
def test_national_filters_stand_in_front(target: str, provider: str) -> None:
    layers = {draft.layer: draft.provider for draft in mail((HOST, "MX", target), SIGNS["SPF"])}
    assert layers == {"front": provider, "back": "microsoft-365"}


def test_a_sign_that_does_not_count_is_said() -> None:
    found = back((HOST, "MX", "mx1.rechenzentrum.example"), SIGNS["SPF"])
    assert found.provider == "unknown"
    assert "spf.protection.outlook.com" in found.evidence_text()
    assert found.note == "spf names microsoft-365; that its mailboxes are used is not shown"


MICROSOFT, GOOGLE = "include:spf.protection.outlook.com", "include:_spf.google.com"
FILTER = (HOST, "MX", "mxa-00000001.gslb.pphosted.com")
SPF = [
    # what the domain's own SPF record says, records beside it, whose mailboxes
    ("one provider", f"v=spf1 {MICROSOFT} -all", [], "microsoft-365"),
    ("two providers", f"v=spf1 {MICROSOFT} {GOOGLE} -all", [], "unknown"),
    ("senders beside one provider", f"v=spf1 include:servers.mcsv.net include:sendgrid.net {GOOGLE} ~all", [], "google-workspace"),
    ("through a name of its own", "v=spf1 include:_spf.bad-beispiel.example -all",
     [("_spf.bad-beispiel.example", f"v=spf1 {GOOGLE} -all")], "google-workspace"),
    ("through its computing centre", "v=spf1 include:rechenzentrum.example -all",
     [("rechenzentrum.example", f"v=spf1 {GOOGLE} -all")], "unknown"),
    ("redirected: the other record is its own", "v=spf1 redirect=rechenzentrum.example",
     [("rechenzentrum.example", f"v=spf1 {GOOGLE} -all")], "google-workspace"),
    ("in a circle", "v=spf1 include:a.bad-beispiel.example -all",
     [("a.bad-beispiel.example", f"v=spf1 include:bad-beispiel.example {MICROSOFT} -all")], "microsoft-365"),
    ("nobody", "v=spf1 a mx ip4:192.0.2.0/24 ~all", [], "unknown"),
    ("only all", "v=spf1 ~all", [], "unknown"),
    ("capitals", "V=SPF1 INCLUDE:SPF.PROTECTION.OUTLOOK.COM -ALL", [], "microsoft-365"),
    ("marks before include and a final dot", "v=spf1 ?include:spf.protection.outlook.com. -all", [], "microsoft-365"),
    ("cut in two pieces", '"v=spf1 include:spf.prote" "ction.outlook.com -all"', [], "microsoft-365"),
    ("a macro that names nobody", "v=spf1 include:%{i}._spf.%{d} -all", [], "unknown"),
    ("refused by name", f"v=spf1 -{MICROSOFT} ~all", [], "unknown"),
    ("half refused by name", f"v=spf1 ~{MICROSOFT} ~all", [], "unknown"),
    ("behind all, which ends the reading", f"v=spf1 mx -all {MICROSOFT}", [], "unknown"),
    ("a redirect beside all, which is not followed", "v=spf1 mx -all redirect=_spf.google.com", [], "unknown"),
    ("a redirect before what stands beside it", f"v=spf1 redirect=rechenzentrum.example {MICROSOFT}",
     [("rechenzentrum.example", "v=spf1 mx -all")], "microsoft-365"),
    ("the same name three times", f"v=spf1 {MICROSOFT} {MICROSOFT.upper()}. {MICROSOFT} -all", [], "microsoft-365"),
    ("not an SPF record", "v=spf2.0/pra include:spf.protection.outlook.com", [], "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "beside", "provider"), SPF, ids=[row[0] for row in SPF])
def test_mailboxes_by_spf_behind_a_filter(what: str, text: str, beside: list[tuple[str, str]], provider: str) -> None:
    found = back(FILTER, (HOST, "TXT", text), *[(name, "TXT", value) for name, value in beside])
    assert found.provider == provider


NAMED = [
    # what stands before the tenant in the selector's target, whether it names bad-beispiel.example
    ("selector1-bad-beispiel-example._domainkey", True),
    ("selector2-badbeispiel-example01b._domainkey", True),
    ("selector1-badbeispiel-example0e1cb._domainkey", True),
    ("Selector1-Bad-Beispiel-Example._domainkey", True),
    ("selector2-bad-beispiel-example_domainkey", True),  # the dot was lost: a council's zone
    # a school's, a company's and a neighbour's domain that contain or prolong the name
    ("selector1-vs-bad-beispiel-example._domainkey", False),
    ("selector1-gruppebadbeispiel-example._domainkey", False),
    ("selector1-bad-beispiel-example-org._domainkey", False),
    ("selector1-beispiel-example._domainkey", False),
    ("bad-beispiel-example._domainkey", False),
]


@pytest.mark.parametrize(("label", "names_it"), NAMED, ids=[row[0] for row in NAMED])
def test_a_selector_shows_the_mailboxes_of_the_domain_that_it_names(label: str, names_it: bool) -> None:
    selector = ("Selector1._domainkey.bad-beispiel.example", "CNAME", f"{label}.rathaus.onmicrosoft.com.")
    assert back(FILTER, selector).provider == ("microsoft-365" if names_it else "unknown")


SENDERS = [
    ("exists with a macro", "v=spf1 exists:%{i}._spf.mta.salesforce.com -all", {"salesforce"}),
    ("include with macros", "v=spf1 include:%{ir}.%{v}.%{d}.spf.has.pphosted.com -all", {"proofpoint"}),
    ("several", "v=spf1 include:email.freshdesk.com include:1.spf07.hubspotemail.net include:cust-spf.exacttarget.com ~all",
     {"freshworks", "hubspot", "salesforce"}),
    ("one refused", "v=spf1 -include:sendgrid.net include:amazonses.com -all", {"aws"}),
    ("one behind all", "v=spf1 include:amazonses.com ?all include:sendgrid.net", {"aws"}),
    ("a host of a vendor's", "v=spf1 mx a:spf.servicenowservices.com/24 -all", {"servicenow"}),
    ("nobody but itself", "v=spf1 a mx a:sendgrid.net.example -all", set()),
    ("the US government's", "v=spf1 include:spf.protection.office365.us -all", {"microsoft-365"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "senders"), SENDERS, ids=[row[0] for row in SENDERS])
def test_who_may_send_by_the_spf_record(what: str, text: str, senders: set[str]) -> None:
    found = attribute_host(book((HOST, "TXT", text)), RULES, HOST)
    assert {draft.provider for draft in found if draft.role == "mail_sending"} == senders


def test_clients_sent_to_a_hoster_speak_against_an_spf_record() -> None:
    """Autodiscover is trusted above SPF, also where it names somebody whom we do not know."""
    elsewhere = ("autodiscover.bad-beispiel.example", "CNAME", "autodiscover.exchange-hoster.example")
    own = ("autodiscover.bad-beispiel.example", "CNAME", "owa.bad-beispiel.example")
    assert back(FILTER, SIGNS["SPF"], elsewhere).provider == "unknown"
    assert back(FILTER, SIGNS["SPF"], SIGNS["DKIM"], elsewhere).provider == "microsoft-365"
    # The domain's own server is how a hybrid of both is set up.
    assert back(FILTER, SIGNS["SPF"], own).provider == "microsoft-365"
    # A filter's own name leads on to the mailboxes behind it: the company hosts none.
    filters = ("autodiscover.bad-beispiel.example", "CNAME", "autodiscover.hornetsecurity.com")
    hornet = (HOST, "MX", "mx01.hornetsecurity.com")
    assert back(hornet, SIGNS["SPF"], filters).provider == "microsoft-365"
    assert back(hornet, filters).provider == "unknown"


OLD_AND_ODD = [
    ("bad-beispiel-example.mail.eo.outlook.com", "microsoft-365"),
    ("1234567890.pamx1.hotmail.com", "microsoft-365"),
    ("zaaaabbbbcccc.mx-verification.google.com", "none"),
    ("ms12345678.msv1.invalid", "none"),
    ("ms12345678.msv1.invalid.outlook.com", "none"),
    ("mx1.outlook.com", "microsoft-365"),
    ("mail.protection.outlook.com", "microsoft-365"),
    ("mx01.outlook.dehosted.example", "unknown"),
    ("gmail.bad-beispiel.example", "unknown"),
]


@pytest.mark.parametrize(("target", "provider"), OLD_AND_ODD)
def test_old_and_odd_names_of_the_two_large_providers(target: str, provider: str) -> None:
    assert back((HOST, "MX", target)).provider == provider


@pytest.mark.parametrize(
    ("target", "provider"),
    [("bad-beispiel-example.h-v1.mx.microsoft", "microsoft-365"), ("smtp.google.com", "google-workspace")],
)
def test_the_new_exchangers_of_the_two_large_providers_are_as_sure_as_the_old(target: str, provider: str) -> None:
    found = back((HOST, "MX", target))
    assert (found.provider, found.confidence) == (provider, "confirmed")


def test_a_final_dot_that_was_lost() -> None:
    """Zone editors append the zone's name to a target without final dot. What was meant can be read, as possible."""
    exchanger = (HOST, "MX", "10 bad-beispiel-example.mail.protection.outlook.com.bad-beispiel.example.")
    assert (back(exchanger).provider, back(exchanger).confidence) == ("microsoft-365", "possible")
    name, kind, target = SIGNS["autodiscover"]
    assert back(FILTER, (name, kind, f"{target}.{HOST}.")).rule_id == "mail-through:autodiscover"
    name, kind, target = SIGNS["DKIM"]
    assert back(FILTER, (name, kind, f"{target}.{HOST}.")).rule_id == "mail-through:dkim"
    # Somebody else's name behind it is no lost dot.
    assert back((HOST, "MX", "10 x.mail.protection.outlook.com.example.org")).provider == "unknown"


def test_an_include_of_the_own_name_through_a_public_suffix_is_followed_only_in_the_own_domain() -> None:
    text = "v=spf1 include:nachbar.gv.at -all"
    beside = ("nachbar.gv.at", "TXT", f"v=spf1 {GOOGLE} -all")
    rows = [("dorf.gv.at", "MX", FILTER[2]), ("dorf.gv.at", "TXT", text), beside]
    drafts = attribute_host(book(*rows), RULES, "dorf.gv.at")
    assert {draft.provider for draft in drafts} == {"proofpoint", "unknown"}
