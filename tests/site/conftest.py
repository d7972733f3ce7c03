"""The pages, one of each kind and what a narrowed one adds, and asking the running server for them."""

from __future__ import annotations

from typing import Any

import requests

PAGES = [
    "/", "/search?q=leeds+city+counsil", "/organisation/home-office", "/organisation/leeds", "/provider/aws",
    "/provider/microsoft-365", "/service/govuk", "/incident/aws-2025-12-kiro-costexplorer", "/incidents", "/incidents?provider=aws",
    "/outage", "/outage?preset=fastly-2021-06-08", "/outage?preset=aws-2025-10-20", "/outage?provider=azure&region=uksouth&hours=8", "/claim",
    "/claim/tussell-aws-2025", "/claim?provider=amazon&organisation=home-office&from=2016-01-01&to=2026-02-20", "/contracts",
    "/contracts?provider=aws&q=hosting", "/leads", "/leads?provider=aws", "/data/", "/data/latest/dictionary", "/map", "/map?role=council-mail-filter", "/ai", "/shared", "/shared?organisation=torfaen", "/quality", "/methods", "/changes",
    "/concentration", "/concentration?population=contracts&by=jurisdiction&weight=value",
    "/concentration?population=service-web&by=region&sector=justice", "/concentration?population=bodies-mail_sending-front&by=endpoint",
    "/accessibility", "/evidence/home-office", "/evidence/fastly-2021-06-08", "/evidence/justice.gov.uk",
]  # fmt: skip


def get(served: str, path: str, **more: Any) -> requests.Response:
    """The answer to a path of ours, whatever its status."""
    return requests.get(served + path, timeout=60, **more)
