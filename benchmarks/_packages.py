"""OCDS release packages in the shape that UK portals publish: invented words, names and numbers; the seed is fixed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

_WORDS = [
    "provision",
    "of",
    "cloud",
    "hosting",
    "managed",
    "service",
    "support",
    "licence",
    "framework",
    "call",
    "off",
    "digital",
    "transformation",
    "data",
    "platform",
    "network",
    "maintenance",
    "for",
    "the",
    "council",
    "university",
    "trust",
    "department",
    "agency",
    "lot",
    "renewal",
    "software",
    "infrastructure",
    "professional",
    "consultancy",
]


def packages(folder: Path, mebibytes: int) -> int:
    """Write packages of 100 releases until they weigh `mebibytes`; the number of releases."""
    chance = random.Random(7)

    def words(count: int) -> str:
        return " ".join(chance.choices(_WORDS, k=count)).capitalize()

    def day() -> str:
        return f"{chance.randrange(2016, 2026)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}T00:00:00Z"

    forms = ["Ltd", "Limited", "PLC", "LLP", "UK Ltd"]
    suppliers = [
        (f"GB-COH-{chance.randrange(10**7, 10**8)}", f"{words(2).title()} {chance.choice(forms)}")
        for _ in range(20_000)
    ]
    buyers = [(f"GB-SRS-{chance.getrandbits(40):x}", words(3).title()) for _ in range(3_000)]
    folder.mkdir(parents=True, exist_ok=True)
    number = size = 0
    while size < mebibytes << 20:
        found = []
        for index in range(number * 100, number * 100 + 100):
            buyer = chance.choice(buyers)
            parties = {buyer[0]: (buyer[1], "buyer")}
            awards: list[dict[str, Any]] = []
            for place in range(chance.choice([1, 1, 1, 1, 2, 3])):
                signed = chance.sample(suppliers, chance.choice([1, 1, 1, 1, 1, 2, 4]))
                parties |= {one[0]: (one[1], "supplier") for one in signed}
                awards.append(
                    {
                        "id": f"ocds-b5fd17-{index:08x}-{place}",
                        "status": "active",
                        "date": day(),
                        "datePublished": day(),
                        "value": {"amount": round(chance.lognormvariate(11, 2), 2), "currency": "GBP"},
                        "suppliers": [{"id": one[0], "name": one[1]} for one in signed],
                        "contractPeriod": {"startDate": day(), "endDate": day()},
                        "documents": [
                            {
                                "id": f"d{index}",
                                "documentType": "awardNotice",
                                "url": f"https://notices.example/{index}",
                                "format": "text/html",
                                "language": "en",
                            }
                        ],
                    }
                )
            found.append(
                {
                    "ocid": f"ocds-b5fd17-{index:08x}",
                    "id": f"{index:08x}-1",
                    "language": "en",
                    "date": day(),
                    "tag": ["award"],
                    "initiationType": "tender",
                    "tender": {
                        "id": f"t{index}",
                        "title": words(8),
                        "description": words(chance.randrange(40, 160)),
                        "status": "complete",
                        "classification": {
                            "scheme": "CPV",
                            "id": str(chance.randrange(10**7, 10**8)),
                            "description": words(3),
                        },
                        "additionalClassifications": [
                            {"scheme": "CPV", "id": str(chance.randrange(10**7, 10**8)), "description": words(3)}
                            for _ in range(chance.randrange(3))
                        ],
                        "items": [{"id": "1", "deliveryAddresses": [{"region": "UKI"}]}],
                        "minValue": {"amount": 0, "currency": "GBP"},
                        "value": {"amount": round(chance.lognormvariate(11, 2), 2), "currency": "GBP"},
                        "procurementMethod": "open",
                        "procurementMethodDetails": "Open procedure",
                        "tenderPeriod": {"endDate": day()},
                        "contractPeriod": {"startDate": day(), "endDate": day()},
                        "suitability": {"sme": True, "vcse": False},
                        "mainProcurementCategory": "services",
                        "documents": [
                            {
                                "id": "1",
                                "documentType": "tenderNotice",
                                "description": words(8),
                                "url": f"https://notices.example/t/{index}",
                                "datePublished": day(),
                                "format": "text/html",
                            }
                        ],
                    },
                    "parties": [
                        {
                            "id": key,
                            "name": name,
                            "identifier": {"scheme": "GB-COH", "id": key[-8:], "legalName": name},
                            "address": {
                                "streetAddress": f"{chance.randrange(200)} High Street",
                                "locality": "Town",
                                "region": "UKI31",
                                "postalCode": "ZZ1 1ZZ",
                                "countryName": "United Kingdom",
                            },
                            "contactPoint": {"name": "Procurement", "email": "p@notices.example", "telephone": "-"},
                            "roles": [role],
                            "details": {"scale": "sme", "vcse": False},
                        }
                        for key, (name, role) in parties.items()
                    ],
                    "buyer": {"id": buyer[0], "name": buyer[1]},
                    "awards": awards,
                }
            )
        body = json.dumps(
            {
                "uri": f"https://notices.example/p/{number}",
                "version": "1.1",
                "publishedDate": day(),
                "publisher": {"name": "X", "scheme": "GB-GOR", "uid": "D1"},
                "license": "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
                "extensions": [],
                "releases": found,
            }
        )
        (folder / f"pkg_{number:05d}.json").write_text(body)
        size += len(body)
        number += 1
    return number * 100


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("pkg_*.json"))
