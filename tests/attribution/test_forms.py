"""Forms that records of UK public bodies have, beside those of the published zones: labelled blind, then missed once."""

from __future__ import annotations

import pytest

from pipelines import reference
from pipelines.attribution import observe
from pipelines.attribution.attribute import attribute_host
from tests.attribution.zone import RULES, book

RENTED = [
    # An alias's target and whose software answers there.
    ("barset-self.achieveservice.com", "granicus"), ("barset.firmstep.com", "granicus"), ("barset.uk.engagementhq.com", "granicus"),
    ("barset.moderngov.co.uk", "civica"), ("barset.civicaepay.co.uk", "civica"), ("barset.idoxgroup.com", "idox"),
    ("barset.gossinteractive.com", "goss"), ("barset.tal.net", "oleeo"), ("barset.wd3.myworkdayjobs.com", "workday"),
    ("ce0123li.webitrent.com", "mhr"), ("barset.zellis.com", "zellis"), ("ip.e-paycapita.com", "capita"),
    ("stats.uptimerobot.com", "uptimerobot"), ("statuspage.betteruptime.com", "better-stack"), ("barset.typeform.com", "typeform"),
    ("uk.snapsurveys.com", "snap-surveys"), ("barset.smartsurvey.co.uk", "smartsurvey"), ("barset.citizenspace.com", "delib"),
    ("barset-consult.objective.co.uk", "objective"), ("barset.commonplace.is", "commonplace"), ("mailchi.mp", "mailchimp"),
    ("barset.eventbrite.co.uk", "eventbrite"), ("cname.bitly.com", "bitly"), ("cname.rebrandly.com", "rebrandly"),
    ("barset.learningpool.com", "learning-pool"), ("barset.moodlecloud.com", "moodle"), ("barset-vanity.instructure.com", "instructure"),
    ("barset.blackboard.com", "blackboard"), ("barset.cloud.panopto.eu", "panopto"), ("barset.kaltura.com", "kaltura"),
    ("region-eu.libguides.com", "springshare"), ("barset.primo.exlibrisgroup.com", "ex-libris"), ("barset.idm.oclc.org", "oclc"),
    ("barset.rl.talis.com", "talis"), ("barset.elsevierpure.com", "elsevier"), ("barset.figshare.com", "figshare"),
    ("barset.topdesk.net", "topdesk"), ("barset.tribalhosted.co.uk", "tribal"), ("barset.maps.arcgis.com", "esri"),
    ("barset.outsystemsenterprise.com", "outsystems"), ("barset.lfr.cloud", "liferay"),
    ("barset-prod.dxcloud.episerver.net", "optimizely"), ("ssl.readmessl.com", "readme"),
    ("hosting.gitbook.io", "gitbook"), ("custom.intercom.help", "intercom"), ("barset.hosted-by-discourse.com", "discourse"),
    ("barset.spydus.co.uk", "civica"), ("barset.abritas.com", "civica"), ("barset.housingjigsaw.co.uk", "civica"),
    ("region-eu.libanswers.com", "springshare"), ("region-eu.libcal.com", "springshare"), ("barset.necsws.com", "nec"),
    ("barset.t1cloud.com", "technology-one"), ("live.hornbill.com", "hornbill"), ("barset.mycouncilservices.com", "abavus"),
    ("barset.docebosaas.com", "docebo"), ("barset.map.kahootz.com", "kahootz"), ("stats.pingdom.com", "solarwinds"),
    ("barset.koha.servers.openfifth.org", "open-fifth"), ("barset.ds.synergy-learning.com", "synergy-learning"),
    ("barset.oncreate.app", "netcall"), ("barset.public-i.tv", "public-i"), ("barset.ent.sirsidynix.net.uk", "sirsidynix"),
    ("barset.overdrive.com", "overdrive"), ("barset.ieg4.net", "ieg4"), ("barset.tribepad.com", "tribepad"), ("barset.jobtrain.co.uk", "jobtrain"),
    ("barset.eploy.net", "eploy"), ("barset.trac.jobs", "trac"), ("barset.opendatasoft.com", "opendatasoft"), ("barset.socrata.com", "tyler"),
    ("barset.bartec-systems.com", "bartec"), ("barset.worktribe.com", "worktribe"), ("barset.brightspace.com", "d2l"),
    ("barset.access.preservica.com", "preservica"), ("barset.echo360.org.uk", "echo360"), ("barset.starrezhousing.com", "starrez"),
    ("barset.symplicity.com", "symplicity"),
]  # fmt: skip
RECORDS = [
    # Type, value, rows: role, provider, origin.
    ("CNAME", "barset.euwest01.umbraco.io", {("saas", "umbraco", None), ("web", "umbraco", "umbraco")}),
    ("CNAME", "live-barset.cloud.contensis.com", {("saas", "zengenti", None), ("web", "zengenti", "zengenti")}),
    ("CNAME", "barset.ghost.io", {("saas", "ghost", None), ("web", "ghost", "ghost")}),
    ("CNAME", "barset.service.signalr.net", {("web", "azure", "azure")}),
    ("CNAME", "barset.vault.azure.net", {("web", "azure", "azure")}),
    ("CNAME", "barset.ciamlogin.com", {("identity", "azure", None)}),
    ("CNAME", "pub-0a1b.r2.dev", {("web", "cloudflare", "cloudflare")}),
    ("CNAME", "barset-app.kinsta.app", {("web", "kinsta", "kinsta")}),
    ("CNAME", "barset.onelogin.com", {("identity", "onelogin", None)}),
    ("CNAME", "barset.pingone.eu", {("identity", "ping-identity", None)}),
    ("CNAME", "login.openathens.net", {("identity", "jisc", None)}),
    ("A", "45.60.12.34", {("web", "imperva", "hidden")}),
    ("A", "192.124.249.10", {("web", "sucuri", "hidden")}),
    ("A", "104.86.110.20", {("web", "akamai", "hidden")}),
    ("A", "216.239.32.21", {("web", "gcp", "gcp")}),
    ("A", "216.239.32.22", {("web", "unknown", "unknown")}),
    ("MX", "10 mx0.123-reg.co.uk", {("mail", "123-reg", None)}),
    ("MX", "10 mail.livemail.co.uk", {("mail", "fasthosts", None)}),
    ("MX", "10 inbound.postmarkapp.com", {("mail", "postmark", None)}),
    ("MX", "10 mx1.forwardemail.net", {("mail", "forward-email", None), ("mail", "unknown", None)}),
    ("NS", "ns-uk.1and1-dns.co.uk", {("dns", "ionos", None)}),
    ("NS", "udns1.cscdns.uk", {("dns", "csc", None)}),
    ("NS", "ns0.easily.co.uk", {("dns", "namesco", None)}),
    ("NS", "ns1.virginmediabusiness.co.uk", {("dns", "virgin-media", None)}),
    ("NS", "ns1.stackdns.com", {("dns", "20i", None)}),
    ("NS", "ns1.tsohost.co.uk", {("dns", "tsohost", None)}),
    ("NS", "ns0.ukfast.net", {("dns", "ans", None)}),
    ("TXT", "v=spf1 include:_spf.createsend.com -all", {("mail_sending", "campaign-monitor", None)}),
    ("TXT", "v=spf1 include:spf-eu.exclaimer.net -all", {("mail_sending", "exclaimer", None)}),
    ("TXT", "v=spf1 include:spf.mailjet.com -all", {("mail_sending", "mailjet", None)}),
    ("TXT", "v=spf1 include:mg-spf.greenhouse.io -all", {("mail_sending", "greenhouse", None)}),
    ("TXT", "v=spf1 include:spf.smtp2go.com -all", {("mail_sending", "smtp2go", None)}),
    ("TXT", "v=spf1 include:_spf-dc2.sapsf.com -all", {("mail_sending", "sap", None)}),
    ("TXT", "v=spf1 include:service-now.com -all", {("mail_sending", "servicenow", None)}),
    ("TXT", "v=spf1 include:_spf.qualtrics.com -all", {("mail_sending", "qualtrics", None)}),
    ("TXT", "v=spf1 include:_netblocks.sparkpostmail.com -all", {("mail_sending", "sparkpost", None)}),
    *[("TXT", f"v=spf1 include:{include} -all", {("mail_sending", provider, None)}) for include, provider in [
        ("_spf-ext.necsws.com", "nec"), ("_spf-ext.northgateps.com", "nec"), ("_spf.firmstep.com", "granicus"),
        ("_spf.elasticemail.com", "elastic-email"), ("spf.ssmx.net", "smartsurvey"), ("mailrelay.t1cloud.com", "technology-one"),
        ("_spf.zivver.com", "zivver"), ("_spf.hornbill.com", "hornbill"), ("_uk.axiell.com", "axiell"), ("spf.axiell-uk.net", "axiell"),
        ("spf.mycouncilservices.com", "abavus"), ("spf.docebosaas.com", "docebo"), ("spf.odmad.quest-on-demand.com", "quest"),
        ("spf.newzapp.co.uk", "newzapp"), ("spf.authsmtp.com", "authsmtp"), ("theaccessgroupspf.smtp.com", "access"),
        ("spf.heywoodcloud.co.uk", "heywood"), ("_extnetblocks.mimecast.com", "mimecast"), ("spf_c.oracle.com", "oracle"),
    ]],
    ("TXT", "h1-domain-verification=jc8KHuDrikH5", {("saas", "hackerone", None)}),
    ("TXT", "pexip-ms-tenant-domain-verification=0a1b2c", {("saas", "pexip", None)}),
    ("TXT", "fastly-domain-delegation-a1b2c3d4-123456-2026-01-31", {("saas", "fastly", None)}),
    ("TXT", "miro-verification=abc", {("saas", "miro", None)}),
    ("TXT", "linear-domain-verification=aeaz7jeynne3", {("saas", "linear", None)}),
    ("TXT", "brave-ledger-verification=0a1b2c3d4e5f", {("saas", "brave", None)}),
    ("TXT", "ciscocidomainverification=0a1b2c3d4e5f", {("saas", "cisco", None)}),
    ("CNAME", "barset.okta-gov.com", {("identity", "okta", None)}),
    ("CNAME", "barset.cloudflareaccess.com", {("identity", "cloudflare", None)}),
    ("TXT", "0123456789abcdefABCDEF==", {("web", "unknown", None)}),
]  # fmt: skip


@pytest.mark.parametrize(("target", "provider"), RENTED, ids=[row[0] for row in RENTED])
def test_software_that_public_bodies_rent(target: str, provider: str) -> None:
    drafts = attribute_host(book(("w.x.example", "CNAME", target)), RULES, "w.x.example")
    assert [(d.role, d.provider, d.region) for d in drafts] == [("saas", provider, None)]


@pytest.mark.parametrize(("kind", "value", "expected"), RECORDS, ids=[" ".join(row[:2]) for row in RECORDS])
def test_records_of_other_kinds(kind: str, value: str, expected: set[tuple[str, str, str | None]]) -> None:
    drafts = attribute_host(book(("x.example", kind, value)), RULES, "x.example")
    assert {(d.role, d.provider, d.origin) for d in drafts} == expected


def test_a_signing_key_at_a_rented_desk_is_mail_sent() -> None:
    record = ("zendesk1._domainkey.x.example", "CNAME", "zendesk1._domainkey.zendesk.com")
    drafts = attribute_host(book(record), RULES, record[0])
    assert [(d.role, d.provider) for d in drafts] == [("mail_sending", "zendesk")]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["a.nobody.example", "d111.cloudfront.net"], {("aws", None)}),
        (["a.trafficmanager.net", "site.azurewebsites.net", "waws-prod-ln1-021.cloudapp.net"], {("azure", "uksouth")}),
        (["site.trafficmanager.net", "z.nobody.example"], {("azure", None)}),
    ],
)
def test_a_whole_answer_kept_under_the_name_that_was_asked(targets: list[str], expected: set) -> None:
    """Of several aliases of one name the one that says most is followed, wherever it stands in the alphabet."""
    rows = [("w.x.example", "CNAME", target) for target in targets] + [("w.x.example", "A", "51.140.142.250")]
    for records in (rows, rows[::-1]):
        drafts = attribute_host(book(*records), RULES, "w.x.example")
        assert {(d.provider, d.region) for d in drafts} == expected


def _filled(mark: str, secret: str) -> str:
    """A mark that ends before its separator stands for any of that beginning: a vendor's account may follow."""
    return mark + secret if mark.endswith(("=", ":", " ")) else f"{mark}1={secret}"


def test_every_token_is_still_known_once_its_secret_is_hashed() -> None:
    """A mark that the hashing of values swallows would never be found."""
    lost = [
        (provider.id, entry["token"], secret)
        for provider in reference.load().providers.values()
        for entry in provider.sections["tokens"]
        for secret in ("0123456789abcdef0123", "AbC1")
        if entry["position"] == "value"
        and RULES.tokens.find(observe.value("TXT", _filled(entry["token"], secret)) or "") is None
    ]
    assert lost == []


REGIONS = [
    ("redis.abc123.0001.euw2.cache.amazonaws.com", "aws", "eu-west-2"),
    ("redis.abc123.0001.xyz2.cache.amazonaws.com", "aws", None),
    ("search-barset.aos.eu-west-2.on.aws", "aws", "eu-west-2"),
    ("barset.abc123.eu-west-1.redshift.amazonaws.com", "aws", "eu-west-1"),
    ("barset.usgovvirginia.cloudapp.usgovcloudapi.net", "azure", "usgovvirginia"),
    ("usgovvirginia.blob.core.usgovcloudapi.net", "azure", None),
    ("barset.chinaeast2.cloudapp.chinacloudapi.cn", "azure", "chinaeast2"),
    ("prod-01.uksouth.logic.azure.com", "azure", "uksouth"),
    ("barset.uksouth.redis.azure.net", "azure", "uksouth"),
    ("uksouth.vault.azure.net", "azure", None),
    ("barset.uk-london-1.oci.customer-oci.com", "oracle", "uk-london-1"),
    ("barset.eu-gb.mybluemix.net", "ibm", "eu-gb"),
]


@pytest.mark.parametrize(("target", "provider", "region"), REGIONS, ids=[row[0] for row in REGIONS])
def test_a_region_where_the_provider_writes_it(target: str, provider: str, region: str | None) -> None:
    drafts = attribute_host(book(("w.x.example", "CNAME", target)), RULES, "w.x.example")
    assert [(d.role, d.provider, d.region) for d in drafts] == [("web", provider, region)]


def test_route_53_of_the_government_partition() -> None:
    drafts = attribute_host(book(("x.example", "NS", "ns-1986.awsdns-us-gov-56.net")), RULES, "x.example")
    assert [(d.role, d.provider) for d in drafts] == [("dns", "aws")]


@pytest.mark.parametrize(
    ("leads_to", "expected"),
    [
        ("barset-abc.z01.azurefd.net", ("certificate", "azure")),
        ("d111.cloudfront.net", ("web", "none")),
        (None, ("web", "none")),
    ],
)
def test_a_name_that_two_ask_for_is_told_by_what_it_validates(leads_to: str | None, expected: tuple[str, str]) -> None:
    """Front Door and DigiCert both ask for a record at _dnsauth."""
    records = [("_dnsauth.w.x.example", "TXT", "_klnxckldzco3b6q4qdex5id87b9s9v2")]
    if leads_to:
        records.append(("w.x.example", "CNAME", leads_to))
    drafts = attribute_host(book(*records), RULES, "_dnsauth.w.x.example")
    assert [(d.role, d.provider) for d in drafts] == [expected]


def test_digicert_is_shown_by_the_target() -> None:
    record = ("_dnsauth.w.x.example", "CNAME", "_z4luci0d6w9ibc9l5ev0n7svml49vrs.dcv.digicert.com")
    drafts = attribute_host(book(record), RULES, record[0])
    assert [(d.role, d.provider) for d in drafts] == [("certificate", "digicert")]


def test_a_domain_check_of_the_national_cyber_security_centre() -> None:
    host = "_asvdns-5fe0995c-f880-431b-a38b-4505e6dade0f.x.example"
    drafts = attribute_host(book((host, "TXT", "asvdns_4be99bf7-3a95-4f87-8adb-3a920bc32245")), RULES, host)
    assert [(d.role, d.provider) for d in drafts] == [("saas", "ncsc")]


SENDERS = [
    # An include in a vendor's own domain, and who sends from it; nobody where the domain is any customer's.
    ("mailsenders.netsuite.com", "oracle"),
    ("spf.qualtrics.com", "qualtrics"),
    ("spf.moderngov.co.uk", "civica"),
    ("mx1.mail.hostpoint.ch", "hostpoint"),
    ("barset.azurewebsites.net", None),
    ("spf.d111.cloudfront.net", None),
    ("ms123.msv1.invalid", None),
]


@pytest.mark.parametrize(("include", "provider"), SENDERS, ids=[row[0] for row in SENDERS])
def test_an_include_in_a_vendors_own_domain_lets_that_vendor_send(include: str, provider: str | None) -> None:
    drafts = attribute_host(book(("x.example", "TXT", f"v=spf1 include:{include} -all")), RULES, "x.example")
    assert {d.provider for d in drafts if d.role == "mail_sending"} == ({provider} if provider else set())


def test_a_name_in_a_vendors_domain_is_no_sign_of_a_mailbox() -> None:
    """Another body's tenant may send: that says nothing of where the domain's own mailboxes are."""
    records = [
        ("x.example", "MX", "10 mx1.mimecast.com"),
        ("x.example", "TXT", "v=spf1 include:barset.onmicrosoft.com -all"),
    ]
    drafts = attribute_host(book(*records), RULES, "x.example")
    assert {(d.role, d.layer, d.provider) for d in drafts} == {
        ("mail", "front", "mimecast"),
        ("mail", "back", "unknown"),
        ("mail_sending", "front", "microsoft-365"),
    }
