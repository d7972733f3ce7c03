"""Every column described once: unit, meaning, what a missing value says, codelist.

Types are those of the records' annotations; pipelines.schema joins the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """What there is to say about a column.

    `run` marks facts of one run (when we fetched, how long it took): they are shown, and left out of the
    content hash. `evidence` marks the dates whose newest value is the edition's as_of.
    """

    meaning: str
    missing: str = "not known"
    unit: str | None = None
    codelist: str | None = None
    run: bool = False
    evidence: bool = False


def _w(meaning: str, missing: str = "not known", **more: Any) -> Words:
    return Words(meaning, missing, **more)


COLUMNS: dict[str, Words] = {
    "about_table": _w("table that the issue is about"),
    "ai_agent_involved": _w("whether an AI agent took part, as the sources say", codelist="yes_no_unknown"),
    "automation_involved": _w("whether automation took part", codelist="yes_no_unknown"),
    "amount": _w("amount of the line; a refund is negative", unit="GBP"),
    "award_id": _w("id of the award within its notice or process"),
    "award_status": _w("status that the portal gives the award", "the portal gives none"),
    "awarded_on": _w("day of the award decision", "not published"),
    "basis": _w("how the dependence was established", "not stated"),
    "buyer_name": _w("name of the buyer as published", "the notice names no buyer"),
    "buyer_number": _w("buyer's number in that scheme", "no identifier published"),
    "buyer_scheme": _w("scheme of the buyer's identifier, such as GB-PPON", "no identifier published"),
    "bytes": _w("size of the body", unit="bytes"),
    "canonical_url": _w("address of the original notice on another portal", "not linked by the publisher"),
    "cause": _w("category of the root cause; unknown where the source gives none"),
    "cause_note": _w("the cause in our words", "no cause published"),
    "certainty": _w("known, inferred or unknown, as the screens say it", codelist="certainty"),
    "check": _w("how far the row was checked against its source", "not stated"),
    "closed_at": _w(
        "when the provider posted that it was over, UTC: not the end of the impact", "not posted, or not over"
    ),
    "collector": _w("the scraper, importer or table that the data came through"),
    "company_number": _w("Companies House number, eight characters", "not published or not valid"),
    "confidence": _w("strength of the evidence", codelist="confidence"),
    "contract_class": _w("contract, call-off, framework or unknown", codelist="contract_class"),
    "contract_id": _w("permanent id of the contract row"),
    "contradiction": _w("other evidence about the same subject that does not agree", "none seen"),
    "cpv": _w("main subject code of the Common Procurement Vocabulary", "not published"),
    "credit": _w("line to show wherever the data is used", "none asked for"),
    "critical_note": _w("our short note on who uses the service and why it matters", "none"),
    "currency": _w("ISO 4217 code as published", "not published"),
    "current": _w("whether the statement stands today", codelist="current"),
    "date_from": _w("first day that the data speaks of", "no dates in the data"),
    "date_to": _w("last day that the data speaks of", "no dates in the data"),
    "dependent": _w("the node that depends"),
    "dependent_kind": _w("service, platform, provider or product"),
    "dependent_name": _w("its name"),
    "description": _w("description as published, contact details removed", "none published"),
    "detail": _w("what was found", "nothing more to say"),
    "disputed_claims": _w("claims that contradict the vendor or each other", "none known"),
    "domain": _w("main mail or web domain of the body", "not known"),
    "domain_name": _w("registered domain name"),
    "duration_hours": _w("length of the outage", "no end published", unit="hours"),
    "edge_id": _w("permanent id of the dependence"),
    "effect": _w("what the scenario does to the service", codelist="effect"),
    "end_on": _w("last day of the term", "not published"),
    "ended_at": _w("end of the outage, UTC", "no end published"),
    "endpoint": _w("the shared name or address that answers, where several names share one", "not shared"),
    "environment": _w("environment named in the zone or host, such as staging", "none named: taken as live"),
    "evidence_ids": _w("ids of the observations, statements or notices that the row rests on", "none"),
    "feed": _w("the feed that told it: host of a status page, or id of a list"),
    "feed_id": _w("id of the incident in its feed"),
    "fetched_at": _w("when the bytes were fetched or imported, UTC", "part of the product", run=True),
    "expense": _w("what the body says it was for: expense type and area", "not published"),
    "finding_id": _w("permanent id of the finding"),
    "flags": _w("doubts about the row: each is counted under issues", "none", codelist="flag"),
    "grade": _w("strength of the link between contract and provider", codelist="grade"),
    "group_id": _w("rows with one group are one contract, published more than once"),
    "framework": _w("framework that the sale was reported under", "not published"),
    "gss_code": _w("code of the area, Office for National Statistics", "not a council"),
    "hosts": _w("host names read in a source", "none read"),
    "impact": _w("grade of the impact, on one scale for all feeds", codelist="impact"),
    "impact_stated": _w("grade in the feed's own word", "the feed grades nothing"),
    "incident_id": _w("permanent id of the incident"),
    "inhabitants": _w("people who live in the council's area", "not a council, or not known", unit="people"),
    "is_framework": _w("whether the notice says that it sets up a framework", "the notice does not say"),
    "is_service_name": _w("false for validation, mail and device names: they are not services"),
    "issue_id": _w("permanent id of the issue"),
    "jurisdiction": _w("home country of the controlling parent, ISO 3166-1", "not settled"),
    "lat": _w("latitude of the area's centroid", "not a council, or not known", unit="degrees"),
    "linked": _w("states of collected feeds that are probably the same event; nothing is merged from them", "none"),
    "layer": _w("front or back", codelist="layer"),
    "legal_basis": _w("law under which the notice was published", "not published"),
    "licence": _w("licence of the source", "not stated by the source"),
    "listing": _w("the list that the row stands in; a newer list of the same name replaces an older one"),
    "listed_on": _w("day of the list", "the list does not say", evidence=True),
    "lon": _w("longitude of the area's centroid", "not a council, or not known", unit="degrees"),
    "lot": _w("lot of the framework", "not published"),
    "marketplace": _w("true where the goods are another vendor's, bought through the provider's shop"),
    "max_end_on": _w("last day with every option used", "not published"),
    "media_type": _w("media type of the body", "not known"),
    "method": _w("procurement method, OCDS code", "not published"),
    "method_details": _w("procurement method in the publisher's words", "not published"),
    "mode": _w("what the loss of the underlying does", codelist="mode"),
    "name": _w("name"),
    "notice_id": _w("permanent id of the notice: portal and the portal's own id"),
    "notice_ids": _w("every notice that published this contract"),
    "notice_values": _w(
        "value that each of these notices states itself, in their order; empty where it states none", unit="GBP"
    ),
    "notice_type": _w("form of the notice, such as UK6", "the portal gives none"),
    "observation_id": _w("permanent id of the observation: it does not change with the time of asking"),
    "observed_at": _w("when we saw it, UTC", "read in a list without a time", run=True),
    "ocid": _w("id of the contracting process, for life", "the source publishes none"),
    "organisation_id": _w("GOV.UK slug, for councils the local-links slug", "not matched to a body"),
    "origin_provider": _w(
        "who runs what stands behind the front: 'hidden' behind a network in front, 'unknown' otherwise",
        "not a web finding",
    ),
    "outcome": _w("how the question ended", codelist="outcome"),
    "owner_name": _w("for whom the name is registered, as published", "not published"),
    "paid_on": _w("day of the payment", "not published or not readable", evidence=True),
    "parent": _w("company id of the controlling parent", "not settled"),
    "parents": _w("bodies that it belongs to", "none"),
    "payment_id": _w("permanent id of the line"),
    "peer_class": _w("bodies of one class can be compared"),
    "phrase": _w("the words that show the provider", "the supplier's identity shows it"),
    "place": _w("where the words stand: supplier, title, description, lot, or file and line", "not recorded"),
    "platform_id": _w("id of the shared platform", "not a platform"),
    "portal": _w("portal that published it"),
    "posted_at": _w("when the provider first told the public, UTC: often an hour after the start", "not published"),
    "prefix": _w("range of addresses: first address and length"),
    "private": _w("true for a body's own data: never published"),
    "products": _w("products as the feed names them", "none named"),
    "product": _w("product of the provider", "the evidence does not show it"),
    "provider": _w("provider id; 'none' where there is certainly none, 'unknown' where we cannot tell"),
    "providers": _w("provider ids named for the incident"),
    "published": _w("day of the list", evidence=True),
    "published_at": _w("time of publication, UTC", "only a day is published"),
    "published_on": _w("day of publication", "not published", evidence=True),
    "publisher": _w("who publishes the source", "not stated"),
    "publisher_name": _w("account that published, where it is not the buyer", "the buyer published"),
    "range_id": _w("permanent id of the row"),
    # It may name how many requests a run was allowed, or the port of a stand-in: facts of the run.
    "reason": _w("why the state is what it is", "nothing to add", run=True),
    "record_id": _w("id of the row concerned", "the whole table or file"),
    "reference": _w("buyer's own reference", "not published"),
    "region": _w("provider's region", "neither the name nor the provider's own range shows it"),
    "regions": _w("regions as the sources name them", "not published"),
    "release_id": _w("id of the release within its process", "the source publishes none"),
    "replaces_text": _w("reference of an earlier contract that the text says it replaces", "none named"),
    "reseller": _w("reseller id where the supplier resells other vendors' clouds", "not a known reseller"),
    "role": _w("what the provider does for the subject", codelist="role"),
    "rows": _w("rows that came from it", unit="rows"),
    "rule_id": _w("rule that led from evidence to row", "no rule applied"),
    "sale_id": _w("permanent id of the line"),
    "scenario_id": _w("id of the stored scenario"),
    "sector": _w("sector of the body", codelist="sector"),
    "seen_on": _w("day on which the newest evidence was seen", "the source gives no date", evidence=True),
    "service_class": _w(
        "what was bought, where a provider stands behind the contract", "no provider shown", codelist="service_class"
    ),
    "service_id": _w("id of the service", "not matched to a service"),
    "sha256": _w("SHA-256 of the body as received", "not a single body"),
    "signed_on": _w("day of signature", "not published"),
    "sold_on": _w("first day of the month that the sale was reported for", "not published", evidence=True),
    "source_id": _w("the source row that it came from"),
    "source_kind": _w("who speaks: body, supplier, press, public code, parliament"),
    "stale_after_days": _w("age at which the source is called stale", "never", unit="days"),
    "start_on": _w("first day of the term", "not published"),
    "started_at": _w(
        "start of the impact, UTC; never the time of posting", "only a day is known, or only when it was posted"
    ),
    "started_on": _w("day on which the outage began", "only a month is known", evidence=True),
    "state": _w("how far the source was read", codelist="state"),
    "state_id": _w("permanent id of the incident within its feed"),
    "stated_on": _w("day of the statement", "the page shows no date", evidence=True),
    "statement": _w("the statement in our words"),
    "statement_id": _w("permanent id of the statement"),
    "status": _w("status", "not known"),
    "subject": _w("the host, body, service or platform that the row is about"),
    "superseded_by": _w("later contract of the same buyer, provider and class over the same term", "none"),
    "supplier_name": _w("supplier's name as published"),
    "supplier_numbers": _w("company numbers of the suppliers, in their order; '-' where none", "none"),
    "suppliers": _w("names of the suppliers as published", "none published"),
    "tags": _w("OCDS tags of the release", "not OCDS"),
    "tender_currency": _w("currency of the tender value", "not published"),
    "tender_status": _w("status of the tender", "not published"),
    "tender_value": _w("value announced at tender: never added to awards", "not published", unit="currency"),
    "time_precision": _w("minute, day or month; 'posting' where only the time of the first post is known"),
    "title": _w("title as published", "none published"),
    "transactions_of": _w("year that the transactions belong to", "no figure published", unit="year"),
    "transactions_year": _w("transactions in a year", "no figure published", unit="transactions"),
    "uk_services_affected": _w("UK public services that sources name as affected", "none named in sources read"),
    "underlying": _w("the node that is depended on"),
    "underlying_kind": _w("platform, provider, or control plane"),
    "underlying_name": _w("its name"),
    "updated_on": _w("day on which its publisher last changed the entry", "not published"),
    "updates": _w("messages that the provider had posted", unit="messages"),
    "url": _w("address where it can be read", "no public address"),
    "urls": _w("addresses where it can be read"),
    "value_basis": _w("whether VAT is in the value", codelist="value_basis"),
    "value_gbp": _w("value in pounds; empty where unknown or not in pounds", "unknown", unit="GBP"),
    "value_gross": _w("value with VAT", "not published", unit="currency"),
    "value_high": _w("highest value that the notices support", "unknown", unit="GBP"),
    "value_low": _w("lowest value that the notices support", "unknown", unit="GBP"),
    "value_max": _w("ceiling with every option used", "not published", unit="currency"),
    "value_min": _w("committed minimum", "not published", unit="currency"),
    "value_net": _w("value without VAT", "not published", unit="currency"),
    "value_status": _w("known, unknown or suspect", codelist="value_status"),
    "vantage": _w("where we asked from", "read in a published list"),
    "vendor_position": _w("what the vendor says", "nothing found"),
    "version": _w("fingerprint of the content: what changed is a new version, both are kept"),
    "via": _w("the path from what fails to the service"),
    "via_reseller": _w("true where the supplier is not the provider"),
}

# A name may mean something narrower in one table; most never do.
IN_TABLE: dict[tuple[str, str], Words] = {
    ("contracts", "status"): _w("active, pending, cancelled, withdrawn or planned", codelist="contract_status"),
    ("awards", "value"): _w("value of the award as published", "none published", unit="currency"),
    ("observations", "value"): _w("what was seen, contact details removed", "nothing came back"),
    ("incidents", "status"): _w("whether it is over", codelist="incident_status"),
    ("incident_states", "status"): _w("whether it was over at this look", codelist="incident_status"),
    ("incident_states", "regions"): _w("ids of the provider's regions, else the words of the feed", "none named"),
    ("incident_states", "title"): _w("the provider's title"),
    ("incident_states", "seen_on"): _w("day of the look at the feed", "the list carries no date", evidence=True),
    ("sources", "status"): _w("HTTP status", "not fetched over HTTP", run=True),
    ("observations", "kind"): _w("record type (A, CNAME, MX), header:<name>, cookie:<name>, alias"),
    ("issues", "kind"): _w("kind of doubt or loss"),
    ("ranges", "region"): _w("place as the list names it", "the list names none"),
    ("ranges", "product"): _w("service as the list names it", "the list names none"),
    ("ranges", "confidence"): _w(
        "confirmed: the provider's own list of what customers use; likely: derived by others; possible: everything "
        "that the company announces, which says whose the address is and not what it serves: kept, not used",
        codelist="confidence",
    ),
}
