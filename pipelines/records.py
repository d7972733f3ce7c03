"""The records: one frozen dataclass per table. Columns of every file and page take these names.

Each column is described once, in `pipelines.columns.COLUMNS`; a test compares the two. A missing value is
None, always: never an empty string, never zero. Dates are dates, times are UTC, money is in pounds.

Tables with `STORED = True` are kept in the store as they came; the others are derived by `build`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Source:
    """One body of data as it arrived: a page fetched, a file imported, a table of data/reference."""

    TABLE: ClassVar[str] = "sources"
    KEY: ClassVar[tuple[str, ...]] = ("source_id",)
    STORED: ClassVar[bool] = True

    source_id: str
    collector: str
    title: str
    publisher: str | None
    licence: str | None
    credit: str | None
    url: str | None
    media_type: str | None
    status: int | None
    sha256: str | None
    bytes: int | None
    date_from: date | None
    date_to: date | None
    fetched_at: datetime | None
    private: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """One published notice about a contracting process (an OCDS release, or a row of a portal's export)."""

    TABLE: ClassVar[str] = "notices"
    KEY: ClassVar[tuple[str, ...]] = ("notice_id",)
    STORED: ClassVar[bool] = True

    notice_id: str
    portal: str
    ocid: str | None
    release_id: str | None
    reference: str | None
    version: str
    published_on: date | None
    published_at: datetime | None
    tags: tuple[str, ...]
    notice_type: str | None
    legal_basis: str | None
    canonical_url: str | None
    url: str | None
    title: str | None
    description: str | None
    buyer_name: str | None
    buyer_scheme: str | None
    buyer_number: str | None
    publisher_name: str | None
    organisation_id: str | None
    tender_status: str | None
    method: str | None
    method_details: str | None
    is_framework: bool | None
    cpv: str | None
    tender_value: Decimal | None
    tender_currency: str | None
    flags: tuple[str, ...]
    source_id: str


@dataclass(frozen=True, slots=True)
class Award:
    """One award within a notice, as published. The value lives here, never on a supplier."""

    TABLE: ClassVar[str] = "awards"
    KEY: ClassVar[tuple[str, ...]] = ("notice_id", "version", "award_id")
    STORED: ClassVar[bool] = True

    notice_id: str
    version: str
    award_id: str
    title: str | None
    description: str | None
    award_status: str | None
    value: Decimal | None
    value_gross: Decimal | None
    value_min: Decimal | None
    value_max: Decimal | None
    currency: str | None
    awarded_on: date | None
    signed_on: date | None
    start_on: date | None
    end_on: date | None
    max_end_on: date | None
    suppliers: tuple[str, ...]
    supplier_numbers: tuple[str, ...]
    flags: tuple[str, ...]
    source_id: str


@dataclass(frozen=True, slots=True)
class Contract:
    """One award within one process, buyer and portal. `group_id` joins what is one contract."""

    TABLE: ClassVar[str] = "contracts"
    KEY: ClassVar[tuple[str, ...]] = ("contract_id",)
    STORED: ClassVar[bool] = False

    contract_id: str
    group_id: str
    portal: str
    ocid: str | None
    reference: str | None
    award_id: str
    notice_ids: tuple[str, ...]
    notice_values: tuple[str, ...]
    organisation_id: str | None
    buyer_name: str | None
    publisher_name: str | None
    title: str | None
    description: str | None
    contract_class: str
    service_class: str | None
    status: str
    value_gbp: Decimal | None
    value_low: Decimal | None
    value_high: Decimal | None
    value_net: Decimal | None
    value_gross: Decimal | None
    value_basis: str
    value_status: str
    currency: str | None
    published_on: date | None
    awarded_on: date | None
    signed_on: date | None
    start_on: date | None
    end_on: date | None
    max_end_on: date | None
    method_details: str | None
    cpv: str | None
    superseded_by: str | None
    replaces_text: str | None
    flags: tuple[str, ...]
    url: str | None
    source_id: str


@dataclass(frozen=True, slots=True)
class ContractSupplier:
    """One supplier named on a contract. It carries no value: the award's value is shared and not split."""

    TABLE: ClassVar[str] = "contract_suppliers"
    KEY: ClassVar[tuple[str, ...]] = ("contract_id", "supplier_name")
    STORED: ClassVar[bool] = False

    contract_id: str
    supplier_name: str
    company_number: str | None
    provider: str | None
    reseller: str | None
    parent: str | None
    rule_id: str | None
    grade: str | None
    source_id: str


@dataclass(frozen=True, slots=True)
class ContractProvider:
    """One cloud provider behind a contract, with the words and the place that show it."""

    TABLE: ClassVar[str] = "contract_providers"
    KEY: ClassVar[tuple[str, ...]] = ("contract_id", "provider")
    STORED: ClassVar[bool] = False

    contract_id: str
    provider: str
    parent: str | None
    jurisdiction: str | None
    grade: str
    certainty: str
    via_reseller: bool
    marketplace: bool
    phrase: str | None
    place: str
    rule_id: str
    source_id: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of a body's published spending. Refunds are negative."""

    TABLE: ClassVar[str] = "payments"
    KEY: ClassVar[tuple[str, ...]] = ("payment_id",)
    STORED: ClassVar[bool] = True

    payment_id: str
    buyer_name: str | None
    organisation_id: str | None
    supplier_name: str
    paid_on: date | None
    amount: Decimal
    value_basis: str
    expense: str | None
    reference: str | None
    provider: str | None
    reseller: str | None
    flags: tuple[str, ...]
    source_id: str


@dataclass(frozen=True, slots=True)
class Sale:
    """One line of sales that a supplier reported under a framework."""

    TABLE: ClassVar[str] = "sales"
    KEY: ClassVar[tuple[str, ...]] = ("sale_id",)
    STORED: ClassVar[bool] = True

    sale_id: str
    framework: str | None
    lot: str | None
    supplier_name: str
    buyer_name: str | None
    organisation_id: str | None
    sold_on: date | None
    amount: Decimal
    description: str | None
    provider: str | None
    reseller: str | None
    flags: tuple[str, ...]
    source_id: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """A public body."""

    TABLE: ClassVar[str] = "organisations"
    KEY: ClassVar[tuple[str, ...]] = ("organisation_id",)
    STORED: ClassVar[bool] = True

    organisation_id: str
    name: str
    sector: str
    peer_class: str
    status: str | None
    parents: tuple[str, ...]
    gss_code: str | None
    domain: str | None
    inhabitants: int | None
    lat: float | None
    lon: float | None
    updated_on: date | None
    source_id: str
    check: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service that people or professionals use, run by a public body."""

    TABLE: ClassVar[str] = "services"
    KEY: ClassVar[tuple[str, ...]] = ("service_id",)
    STORED: ClassVar[bool] = False

    service_id: str
    name: str
    organisation_id: str | None
    sector: str
    hosts: tuple[str, ...]
    transactions_year: int | None
    transactions_of: int | None
    critical_note: str | None
    url: str | None
    source_id: str
    check: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing seen: a DNS record, a header, a cookie. Immutable, never interpreted."""

    TABLE: ClassVar[str] = "observations"
    KEY: ClassVar[tuple[str, ...]] = ("observation_id",)
    STORED: ClassVar[bool] = True

    observation_id: str
    subject: str
    kind: str
    value: str | None
    outcome: str
    seen_on: date | None
    vantage: str | None
    environment: str | None
    observed_at: datetime | None
    source_id: str
    private: bool


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """One prefix of a list of address ranges that somebody published."""

    TABLE: ClassVar[str] = "ranges"
    KEY: ClassVar[tuple[str, ...]] = ("range_id",)
    STORED: ClassVar[bool] = True

    range_id: str
    provider: str
    prefix: str
    product: str | None
    region: str | None
    listing: str
    confidence: str
    published: date
    source_id: str


@dataclass(frozen=True, slots=True)
class Domain:
    """One name of a published list of registered domain names: a candidate to look at, not a service."""

    TABLE: ClassVar[str] = "domains"
    KEY: ClassVar[tuple[str, ...]] = ("domain_name",)
    STORED: ClassVar[bool] = True

    domain_name: str
    owner_name: str | None
    listed_on: date | None
    source_id: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the evidence suggests about one subject in one role: a provider, or that none or unknown."""

    TABLE: ClassVar[str] = "findings"
    KEY: ClassVar[tuple[str, ...]] = ("finding_id",)
    STORED: ClassVar[bool] = False

    finding_id: str
    subject: str
    organisation_id: str | None
    service_id: str | None
    role: str
    layer: str
    provider: str
    parent: str | None
    jurisdiction: str | None
    product: str | None
    region: str | None
    endpoint: str | None
    origin_provider: str | None
    confidence: str
    certainty: str
    rule_id: str
    evidence_ids: tuple[str, ...]
    seen_on: date | None
    environment: str | None
    is_service_name: bool
    contradiction: str | None
    source_id: str
    private: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """What a body, a supplier, the press or public code says about where something runs."""

    TABLE: ClassVar[str] = "statements"
    KEY: ClassVar[tuple[str, ...]] = ("statement_id",)
    STORED: ClassVar[bool] = True

    statement_id: str
    subject: str
    organisation_id: str | None
    service_id: str | None
    platform_id: str | None
    provider: str
    parent: str | None
    jurisdiction: str | None
    product: str | None
    region: str | None
    role: str
    layer: str
    statement: str
    stated_on: date | None
    current: str
    source_kind: str
    confidence: str
    certainty: str
    place: str | None
    url: str | None
    source_id: str
    check: str
    private: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A dependence of one node on another: service on platform, platform on provider."""

    TABLE: ClassVar[str] = "edges"
    KEY: ClassVar[tuple[str, ...]] = ("edge_id",)
    STORED: ClassVar[bool] = False

    edge_id: str
    dependent: str
    dependent_kind: str
    dependent_name: str
    underlying: str
    underlying_kind: str
    underlying_name: str
    region: str | None
    role: str
    mode: str
    confidence: str
    certainty: str
    basis: str | None
    url: str | None
    source_id: str
    check: str


@dataclass(frozen=True, slots=True)
class IncidentState:
    """One incident as one look at a provider's feed told it. Posting times stay apart from impact times."""

    TABLE: ClassVar[str] = "incident_states"
    KEY: ClassVar[tuple[str, ...]] = ("state_id", "version", "source_id")
    STORED: ClassVar[bool] = True

    state_id: str
    version: str
    provider: str
    feed: str
    feed_id: str
    title: str
    products: tuple[str, ...]
    regions: tuple[str, ...]
    status: str
    impact: str
    impact_stated: str | None
    started_at: datetime | None
    ended_at: datetime | None
    posted_at: datetime | None
    closed_at: datetime | None
    updates: int
    url: str | None
    seen_on: date | None
    source_id: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One recorded outage, with the vendor's position and any dispute side by side."""

    TABLE: ClassVar[str] = "incidents"
    KEY: ClassVar[tuple[str, ...]] = ("incident_id",)
    STORED: ClassVar[bool] = False

    incident_id: str
    title: str | None
    providers: tuple[str, ...]
    parent: str | None
    product: str | None
    regions: str | None
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    posted_at: datetime | None
    closed_at: datetime | None
    started_on: date | None
    duration_hours: float | None
    time_precision: str
    cause: str
    cause_note: str | None
    automation_involved: str
    ai_agent_involved: str
    vendor_position: str | None
    disputed_claims: str | None
    uk_services_affected: str | None
    linked: tuple[str, ...]
    check: str
    urls: tuple[str, ...]
    source_id: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one stored scenario exposes: one row per scenario, service and path."""

    TABLE: ClassVar[str] = "exposures"
    KEY: ClassVar[tuple[str, ...]] = ("scenario_id", "service_id")
    STORED: ClassVar[bool] = False

    scenario_id: str
    service_id: str
    organisation_id: str | None
    effect: str
    certainty: str
    layer: str
    via: tuple[str, ...]
    evidence_ids: tuple[str, ...]
    source_id: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one source covers in this edition, and what it does not."""

    TABLE: ClassVar[str] = "coverage"
    KEY: ClassVar[tuple[str, ...]] = ("collector",)
    STORED: ClassVar[bool] = False

    collector: str
    title: str
    state: str
    date_from: date | None
    date_to: date | None
    rows: int
    stale_after_days: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that was left out, flagged or doubted, counted so that no sum hides it."""

    TABLE: ClassVar[str] = "issues"
    KEY: ClassVar[tuple[str, ...]] = ("issue_id",)
    STORED: ClassVar[bool] = True

    issue_id: str
    kind: str
    about_table: str
    record_id: str | None
    detail: str | None
    source_id: str


RECORDS: tuple[type, ...] = (
    Source,
    Notice,
    Award,
    Contract,
    ContractSupplier,
    ContractProvider,
    Payment,
    Sale,
    Organisation,
    Service,
    Observation,
    PublishedRange,
    Domain,
    Finding,
    Statement,
    Edge,
    IncidentState,
    Incident,
    Exposure,
    Coverage,
    Issue,
)
