"""Lists of address ranges in every shape: what is read, what is refused, and which list speaks."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import reference
from pipelines.attribution.networks import Network, Networks, without_replaced
from pipelines.attribution.rules import Rules
from pipelines.attribution.stored_ranges import stored_networks
from pipelines.batch import Batch
from pipelines.readers import ranges

DAY = dt.date(2026, 8, 22)
AWS = {
    "syncToken": "1", "createDate": "2026-08-22-15-17-05",
    "prefixes": [
        {"ip_prefix": "3.8.0.0/14", "region": "eu-west-2", "service": "AMAZON", "network_border_group": "eu-west-2"},
        {"ip_prefix": "3.8.0.0/14", "region": "eu-west-2", "service": "EC2", "network_border_group": "eu-west-2"},
        {"ip_prefix": "3.9.1.0/24", "region": "GLOBAL", "service": "AMAZON", "network_border_group": "GLOBAL"},
        {"ip_prefix": "13.32.0.0/15", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"},
    ],
    "ipv6_prefixes": [{"ipv6_prefix": "2a05:d01c::/36", "region": "eu-west-2", "service": "EC2"}],
}  # fmt: skip
AZURE = {
    "changeNumber": 1, "cloud": "Public",
    "values": [
        {"name": "AzureCloud.uksouth", "properties": {"region": "uksouth", "addressPrefixes": ["20.26.0.0/16", "20.90.0.0/16"]}},
        {"name": "AppService", "properties": {"region": "", "addressPrefixes": ["20.26.1.0/24", "20.50.1.0/24"]}},
        {"name": "AppService.UKSouth", "properties": {"region": "uksouth", "addressPrefixes": ["20.26.1.0/24"]}},
        {"name": "AzureFrontDoor.Frontend", "properties": {"region": "", "addressPrefixes": ["20.33.5.0/24"]}},
    ],
}  # fmt: skip


def read(body: Any, name: str = "list.json", **options: Any) -> Batch:
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if isinstance(body, dict) else body.encode()
    return ranges.read(name, data, "src", options)


def rows(batch: Batch) -> list[dict[str, Any]]:
    return batch.tables["ranges"].to_pylist()


def brief(batch: Batch) -> list[tuple[Any, ...]]:
    return [(r["provider"], r["prefix"], r["product"], r["region"], r["confidence"]) for r in rows(batch)]


def test_aws() -> None:
    batch = read(AWS)
    assert batch.read == 5
    assert {(r["listing"], r["published"]) for r in rows(batch)} == {("AWS ip-ranges.json", DAY)}
    assert brief(batch)[1] == ("aws", "3.8.0.0/14", "EC2", "eu-west-2", "confirmed")
    assert brief(batch)[4] == ("aws", "2a05:d01c::/36", "EC2", "eu-west-2", "confirmed")


def test_azure_keeps_the_regional_tag_and_knows_its_front() -> None:
    batch = read(AZURE, "ServiceTags_Public_20251117.json")
    assert batch.read == 6  # one prefix stands under the world-wide and the regional tag of a service
    assert sorted(brief(batch), key=str) == [
        ("azure", "20.26.0.0/16", "AzureCloud", "uksouth", "confirmed"),
        ("azure", "20.26.1.0/24", "AppService", "uksouth", "confirmed"),
        ("azure", "20.33.5.0/24", "Front Door", None, "confirmed"),
        ("azure", "20.50.1.0/24", "AppService", None, "confirmed"),
        ("azure", "20.90.0.0/16", "AzureCloud", "uksouth", "confirmed"),
    ]
    assert rows(batch)[0]["published"] == dt.date(2025, 11, 17)


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("cloud.json", {"syncToken": "1", "creationTime": "2026-08-22T01:02:03", "prefixes": [
            {"ipv4Prefix": "34.89.0.0/17", "service": "Google Cloud", "scope": "europe-west2"},
            {"ipv6Prefix": "2600:1900:40b0::/44", "service": "Google Cloud", "scope": "global"}]},
         [("gcp", "34.89.0.0/17", "Google Cloud", "europe-west2", "confirmed"),
          ("gcp", "2600:1900:40b0::/44", "Google Cloud", "global", "confirmed")]),
        ("goog.json", {"syncToken": "1", "creationTime": "2026-08-22", "prefixes": [{"ipv4Prefix": "8.8.8.0/24"}]},
         [("gcp", "8.8.8.0/24", None, None, "possible")]),
        ("oracle.json", {"last_updated_timestamp": "2026-08-22T07:13:25.457838", "regions": [
            {"region": "uk-london-1", "cidrs": [{"cidr": "129.80.0.0/16", "tags": ["OCI"]},
                                                {"cidr": "134.70.0.0/17", "tags": ["OSN", "OBJECT_STORAGE"]}]}]},
         [("oracle", "129.80.0.0/16", "OCI", "uk-london-1", "confirmed"),
          ("oracle", "134.70.0.0/17", "Oracle Services Network", "uk-london-1", "confirmed")]),
        ("fastly-2026-08-22.json", {"addresses": ["151.101.0.0/16"], "ipv6_addresses": ["2a04:4e40::/32"]},
         [("fastly", "151.101.0.0/16", "Fastly", None, "confirmed"), ("fastly", "2a04:4e40::/32", "Fastly", None, "confirmed")]),
        ("x-20260822.json", {"result": {"ipv4_cidrs": ["104.16.0.0/13"], "ipv6_cidrs": []}},
         [("cloudflare", "104.16.0.0/13", "Cloudflare", None, "confirmed")]),
        ("zscaler-2026-08-22.json", {"cloudName": "z", "hubPrefixes": ["8.25.203.0/24"]},
         [("zscaler", "8.25.203.0/24", None, None, "confirmed")]),
        ("meta-2026-08-22.json", {"web": ["140.82.112.0/20"], "git": [], "pages": ["185.199.108.0/22"], "actions": ["4.148.0.0/16"]},
         [("github", "140.82.112.0/20", None, None, "confirmed"), ("github-pages", "185.199.108.0/22", None, None, "confirmed")]),
        ("cdncheck-2026-08-22.json", {"cdn": {"fastly": ["151.101.0.0/16"]}, "waf": {"incapsula": ["45.60.0.0/16"]},
                                      "cloud": {"google": ["8.8.8.0/24"]}, "common": {"akamai": ["edgesuite.net"]}},
         [("fastly", "151.101.0.0/16", "Fastly", None, "likely"), ("imperva", "45.60.0.0/16", None, None, "likely"),
          ("gcp", "8.8.8.0/24", None, None, "possible")]),
        ("cloudflare-ipv4-2026-08-22.txt", "104.16.0.0/13\n\n172.64.0.0/13\t\n",
         [("cloudflare", "104.16.0.0/13", "Cloudflare", None, "confirmed"), ("cloudflare", "172.64.0.0/13", "Cloudflare", None, "confirmed")]),
        ("google-ipv4-2026-08-22.txt", "8.8.8.0/24\n", [("gcp", "8.8.8.0/24", None, None, "possible")]),
        ("asn-derived-softlayer-ibm-2026-08.txt", "# provider: Softlayer Ibm\n# source: AS36351\n# last_update: 2026-08-22T01:22:08\n\n119.81.0.0/16\n",
         [("ibm", "119.81.0.0/16", None, None, "likely")]),
        ("digitalocean-geo-2026-08-22.csv", "46.101.0.0/18,GB,GB-SLG,London,SL1 4AX\n", [("digitalocean", "46.101.0.0/18", None, "London", "confirmed")]),
        ("linode.csv", "# Last modified: 2026-08-22 10:00:06\n2a01:7e00::/32,GB,GB-ENG,London,\n", [("linode", "2a01:7e00::/32", None, "London", "confirmed")]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 and "\n" not in value else "",
)  # fmt: skip
def test_other_lists(name: str, body: Any, expected: list[tuple[Any, ...]]) -> None:
    batch = read(body, name)
    assert brief(batch) == expected and batch.read == len(expected)
    assert {row["published"] for row in rows(batch)} == {DAY}


def test_provider_and_day_from_the_command_line_and_a_month_in_the_name() -> None:
    batch = read("46.101.0.0/18\n", "mine.txt", provider="digitalocean", seen_on=DAY)
    assert brief(batch) == [("digitalocean", "46.101.0.0/18", None, None, "confirmed")]
    assert rows(read("46.101.0.0/18\n", "digitalocean-2026-08.txt"))[0]["published"] == dt.date(2026, 8, 1)


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        ("192.0.2.0/24", "a reserved block"),
        ("10.1.0.0/16", "a reserved block"),
        ("2001:db8::/32", "a reserved block"),
        ("2002::/16", "a reserved block"),
        ("2001:10::/28", "a reserved block"),
        ("0.0.0.0/0", "broader than any"),
        ("::/0", "broader than any"),
        ("3.8.0.0/33", "not a prefix"),
        ("300.1.1.0/24", "not a prefix"),
        ("3.8.0.0/-1", "not a prefix"),
        ("hello", "not a prefix"),
    ],
)
def test_a_prefix_that_no_provider_can_own_is_set_aside(prefix: str, reason: str) -> None:
    batch = read(f"46.101.0.0/18\n{prefix}\n", "digitalocean-2026-08.txt")
    assert len(rows(batch)) == 1 and batch.read == 2
    assert reason in batch.rejected[0].reason


def test_host_bits_are_let_pass_and_a_lone_address_is_a_prefix() -> None:
    batch = read("46.101.9.9/18\n46.101.200.7\n", "digitalocean-2026-08.txt")
    assert [r["prefix"] for r in rows(batch)] == ["46.101.0.0/18", "46.101.200.7/32"]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("digitalocean.txt", "46.101.0.0/18\n", "it says no date"),
        ("mine-2026-08.txt", "46.101.0.0/18\n", "give --provider ID"),
        ("x.txt", "", "it is empty"),
        ("x.txt", "# nothing\n", "it holds no address ranges"),
        ("x.csv", "colour,size\nred,2\n", "its first line 'colour,size' is no address range"),
        ("x.json", "{", "it is not valid JSON"),
        ("x.json", '{"a": 1}', "none of the lists that we read; its keys are a"),
        ("x.json", "[1]", "none of the lists that we read"),
        ("x.json", '{"syncToken": 1, "prefixes": [{}], "ipv6_prefixes": []}', "it says no date"),
        ("x-2026-08.json", '{"syncToken": 1, "prefixes": [{}], "ipv6_prefixes": []}', "its shape is none"),
        ("x-2026-08.json", '{"values": [], "cloud": "AzureGovernment"}', "we read the public one"),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, body: str, says: str) -> None:
    batch = read(body, name)
    assert not batch.whole and says in batch.rejected[-1].reason


# -- from stored rows to a look-up --------------------------------------------------------------------------


def networks(*batches: Batch) -> Networks:
    return Networks(stored_networks(reference.load(), [row for batch in batches for row in rows(batch)]))


def answer(table: Networks, address: str) -> tuple[Any, ...] | None:
    found = table.find(address)
    return None if found is None else (found.provider, found.product, found.region, found.in_front)


def test_what_an_address_is_said_to_be() -> None:
    table = networks(read(AWS), read(AZURE, "ServiceTags_Public_20251117.json"))
    expected = {
        "3.8.7.7": ("aws", "EC2", "eu-west-2", False),
        "3.9.1.7": ("aws", "EC2", "eu-west-2", False),  # the catch-all never hides the named service
        "13.33.0.1": ("aws", "CLOUDFRONT", None, True),
        "2a05:d01c::1": ("aws", "EC2", "eu-west-2", False),
        "20.26.1.9": ("azure", "AppService", "uksouth", False),
        "20.26.9.9": ("azure", "AzureCloud", "uksouth", False),
        "20.33.5.1": ("azure", "Front Door", None, True),
        "8.8.8.8": None,
    }
    assert {address: answer(table, address) for address in expected} == expected


def test_a_newer_list_replaces_the_older_one_whole() -> None:
    older = read({**AWS, "createDate": "2025-01-01-00-00-00"})
    newer = read({**AWS, "prefixes": AWS["prefixes"][:2]})
    for order in ((older, newer), (newer, older)):
        table = networks(*order)
        assert answer(table, "13.33.0.1") is None
        assert answer(table, "3.8.7.7") == ("aws", "EC2", "eu-west-2", False)


def test_a_providers_own_list_goes_before_a_derived_one() -> None:
    derived = read("# source: AS20473\n46.101.1.0/24\n8.6.8.0/24\n", "vultr-2026-08-22.txt")
    own = read("46.101.0.0/18\n", "digitalocean-2025-01.txt")
    table = networks(derived, own)
    assert answer(table, "46.101.1.1") == ("digitalocean", None, None, False)
    found = table.find("8.6.8.1")
    assert found is not None and (found.provider, found.confidence) == ("vultr", "likely")


def test_an_address_that_was_looked_up_speaks_inside_a_range_and_a_registers_block_last() -> None:
    table = Networks(
        [
            Network("34.111.0.0/16", "gcp", "Google Cloud", None, "2026", "cloud.json"),
            Network("34.111.179.208/32", "replit", None, None, "", "replit.toml", confidence="possible"),
            Network("54.93.0.0/16", "aws", "AMAZON", "eu-central-1", "2026", "ip-ranges.json", specific=False),
            Network("54.93.0.0/17", "register", None, None, "", "aws.toml", confidence="possible"),
            Network("20.0.0.0/8", "register", None, None, "", "azure.toml", confidence="possible"),
        ]
    )
    found = {a: n.provider for a in ("34.111.179.208", "34.111.1.1", "54.93.1.1", "20.1.1.1") if (n := table.find(a))}
    assert found == {"34.111.179.208": "replit", "34.111.1.1": "gcp", "54.93.1.1": "aws", "20.1.1.1": "register"}


def test_a_whole_companys_list_is_kept_and_not_used() -> None:
    assert answer(networks(read("8.8.8.0/24\n", "google-ipv4-2026-08.txt")), "8.8.8.8") is None


def test_a_plain_list_of_a_network_in_front_hides_what_is_behind() -> None:
    assert answer(networks(read("23.32.0.0/11\n", "akamai-v4-2025-07.txt")), "23.33.0.1") == (
        "akamai",
        None,
        None,
        True,
    )


def test_shipped_rows_stay_where_no_newer_list_of_theirs_came() -> None:
    shipped = [
        Network("3.8.0.0/14", "aws", "EC2", None, "2026-08-22", "AWS ip-ranges.json"),
        Network("2a05:d01c::/36", "aws", "EC2", None, "2026-08-22", "AWS ip-ranges.json"),
        Network("34.89.0.0/17", "gcp", None, None, "2025-07", "Google cloud.json"),
    ]
    newer = [
        Network("13.32.0.0/15", "aws", "EC2", None, "2026-08-22", "AWS ip-ranges.json"),
        Network("8.8.8.0/24", "gcp", None, None, "2026-01-01", "cdncheck"),
    ]
    assert without_replaced(shipped, newer) == shipped[1:]
    assert without_replaced(shipped, []) == shipped


def test_many_questions_at_once_agree_with_one_by_one() -> None:
    table = networks(read(AWS), read(AZURE, "ServiceTags_Public_20251117.json"))
    asked = [
        "3.8.7.7",
        "2a05:d01c::1",
        "::ffff:3.8.7.7",
        "2a05:d01d::1",
        "255.255.255.255",
        "ffff::1",
        "0.0.0.0",
        "::",
    ] * 900
    found = [table.networks[i].prefix if i >= 0 else None for i in table.find_many(asked)]
    assert found == [n.prefix if (n := table.find(address)) else None for address in asked]
    assert found[:3] == ["3.8.0.0/14", "2a05:d01c::/36", "3.8.0.0/14"]
    with pytest.raises(ValueError, match=r"'3\.8' is not an address"):
        table.find_many(["3.8.7.7", "3.8"])


def test_large_tables_answer_as_small_ones() -> None:
    """Tables over the cache size are asked in another order: the answers are the same."""
    blocks = [
        Network(f"{11 + n // 65536}.{n // 256 % 256}.{n % 256}.128/25", "p", None, None, "2026", "t")
        for n in range(40_000)
    ]
    table = Networks(blocks)
    asked = [f"{11 + n // 65536}.{n // 256 % 256}.{n % 256}.{200 if n % 3 else 7}" for n in range(0, 80_000, 7)]
    found = table.find_many(asked)
    assert [int(i) for i in found] == [n if n % 3 and n < 40_000 else -1 for n in range(0, 80_000, 7)]


def test_imported_ranges_speak_in_attribute_and_build(run: Callable, tmp_path: Path) -> None:
    records = tmp_path / "records.csv"
    records.write_text("host,type,value\nwww.body.example,A,46.101.7.7\n")
    before = next(csv.DictReader(io.StringIO(run("attribute", records).out)))
    assert before["confidence"] == "possible"
    listed = tmp_path / "do.txt"
    listed.write_text("46.101.0.0/18\n")
    taken = run("import", "ranges", "--provider", "digitalocean", "--seen-on", "2026-08-22", listed, "--json")
    assert taken.code == 0 and taken.json["files"][0]["new"] == 1
    after = next(csv.DictReader(io.StringIO(run("attribute", records).out)))
    assert (after["provider"], after["confidence"], after["rule_id"]) == (
        "digitalocean",
        "confirmed",
        "range:digitalocean:all",
    )
    assert after["evidence"].endswith("46.101.0.0/18 in list of prefixes of 2026-08-22")
    assert run("import", "records-csv", records).code == 0
    coverage = run("build", "--json").json["coverage"]
    assert (coverage["ranges"]["rows"], coverage["ranges"]["to"]) == (1, "2026-08-22")
    finding = run("explain", "www.body.example", "--json").json["findings"][0]
    assert finding["provider"] == "digitalocean"


def test_rules_are_the_shipped_ones_without_imports() -> None:
    facts = reference.load()
    assert len(Rules(facts).networks.networks) == len(Rules(facts, []).networks.networks)
