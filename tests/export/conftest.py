"""Two editions to write out: the default one, and one of our own bodies with everything that breaks a careless file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import build, export, ingest, reference
from pipelines.edition import Edition, open_edition
from pipelines.store import Store

AT = "@"  # written apart, so that no file of ours holds an address
AMAZON = {"id": "GB-COH-08650665", "name": "Amazon Web Services UK Ltd.", "roles": ["supplier"],
          "identifier": {"scheme": "GB-COH", "id": "8650665"}}  # fmt: skip
# Title and buyer of each notice: a quote, a comma, a line end, a semicolon in what becomes a list, and text that a
# spreadsheet would run.
AWKWARD = (
    ('Hosting, "managed"', "A Council; and its partners"),
    ("Hosting\r\nover two lines", "Cyngor Tŷ Bach"),
    ('=HYPERLINK("http://example.test","open")', "+44 Council"),
    ("-2+3 servers", "'Quoted' Council"),
    ("  =1+1 hosting", "Plain Council"),
    (f"Ask someone{AT}council.example or 0161 496 0000", "Mail Council"),
)


def notice(number: int, title: str, buyer: str) -> dict[str, object]:
    return {
        "ocid": f"ocds-b5fd17-{number:06d}",
        "id": f"{number:06d}-1",
        "date": "2026-03-01T09:30:00Z",
        "tag": ["award"],
        "parties": [{"id": f"b{number}", "name": buyer, "roles": ["buyer"]}, AMAZON],
        "buyer": {"id": f"b{number}", "name": buyer},
        "tender": {"id": f"T{number}", "title": title, "description": title, "status": "complete"},
        "awards": [
            {
                "id": "1", "status": "active", "date": "2026-02-01T00:00:00Z",
                "value": {"amount": 1000.5 + number, "currency": "GBP"},
                "suppliers": [{"id": AMAZON["id"], "name": AMAZON["name"]}],
                "contractPeriod": {"startDate": "2026-03-01T00:00:00Z", "endDate": "2028-02-29T23:59:59Z"},
            }
        ],
    }  # fmt: skip


BODIES = {
    "ocds": ("notices.jsonl", "\n".join(json.dumps(notice(n, *words)) for n, words in enumerate(AWKWARD))),
    "records-csv": (
        "records.csv",
        "host,type,value\nwww.body.example,CNAME,d1.cloudfront.net\nbody.example,MX,10 body-example.mail.protection.outlook.com\n"
        f'body.example,TXT,"v=DMARC1; rua=mailto:reports{AT}body.example"\n',
    ),
    "spend-csv": (
        "spend.csv",
        "Entity,Date,Expense Type,Supplier,Transaction number,Amount\n"
        'Home Office,14/04/2025,=Hosting,Amazon Web Services UK Ltd,T1,"25,000.50"\n'
        "Home Office,15/04/2025,Hosting,Amazon Web Services UK Ltd,T2,-12.30\n",
    ),
    "gcloud-sales": (
        "sales.csv",
        "Framework,LotDescription,SupplierName,CustomerName,ReturnMonth,ProjectNameAndDescription,EvidencedSpend\n"
        "G-Cloud,1,AMAZON WEB SERVICES UK LTD,Home Office,2024-04-01,@work licences,-1899.5\n",
    ),
}


@pytest.fixture(scope="session")
def awkward_edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """Reference facts and the bodies above, imported, built and opened from a store."""
    folder = tmp_path_factory.mktemp("awkward")
    store = Store(folder / "store")
    for kind, (name, text) in BODIES.items():
        (folder / name).write_text(text, newline="")
        with store.writer("test") as writer:
            taken = ingest.take_files(writer, kind, [folder / name], {})[0]
            assert taken.reason is None and taken.quarantined == 0, taken
            writer.commit()
    with store.writer("test") as writer:
        build.write(writer, build.build(reference.load(), store, store.manifest()))
    return open_edition(store)


@pytest.fixture(params=["default", "awkward"])
def edition(request: pytest.FixtureRequest) -> Edition:
    found: Edition = request.getfixturevalue(f"{request.param}_edition")
    return found


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
    """A folder with an edition's files."""

    def written(edition: Edition, *forms: str, tables: tuple[str, ...] = ()) -> Path:
        export.write(edition, tables, tmp_path / "files", forms or export.FORMS)
        return tmp_path / "files"

    return written
