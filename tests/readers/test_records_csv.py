"""Record tables as people save them: what each row becomes, and that none is lost without a word."""

from __future__ import annotations

import pytest

from pipelines.batch import Batch
from pipelines.readers import records_csv


def read(text: str) -> Batch:
    return records_csv.read("zones.csv", text.encode(), "src", {})


def test_every_row_is_an_observation_or_set_aside_or_blank() -> None:
    data = "host,type,value\na.gov.uk,MX,10 mx.example\n,,10 mx.example\nb.gov.uk,,x\n,A,192.0.2.1\nshort\n,,\nc.gov.uk,A,192.0.2.2\n"
    batch = read(data)
    assert sorted(row["subject"] for row in batch.tables["observations"].to_pylist()) == ["a.gov.uk", "c.gov.uk"]
    assert [rejected.name for rejected in batch.rejected] == [f"zones.csv line {n}" for n in (3, 4, 5, 6)]


@pytest.mark.parametrize(
    "data",
    [
        "name,type,value\na.gov.uk,A,192.0.2.1\n",
        "\ufeffHost , TYPE,Value,note\na.gov.uk,a,192.0.2.1,x\n",
        "host;type;value\na.gov.uk;A;192.0.2.1\n",
        "host\ttype\tvalue\na.gov.uk\tA\t192.0.2.1\n",
        "host|type|value\na.gov.uk|A|192.0.2.1\n",
        "value,seen_on,type,host\r\n192.0.2.1,2024-04-01,A,A.GOV.UK.\r\n",
    ],
)
def test_the_same_record_under_other_headers(data: str) -> None:
    batch = read(data)
    (row,) = batch.tables["observations"].to_pylist()
    assert (row["subject"], row["kind"], row["value"]) == ("a.gov.uk", "A", "192.0.2.1") and batch.rejected == []
