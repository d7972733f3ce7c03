"""Every fault of the hostile server through `cloudhold scan`, as an operator types it: what is said, and what is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fault_server import FAULTS, DnsFaults
from test_dns_faults import EXPECTED, FORGED

from pipelines.store import Store
from scrapers import _dns_client

# Thousands of packets or records each. One process plays the server: beside them it is late with its other answers.
HEAVY = {"flood", "a_many", "txt_many", "txt_long", "cname_endless", "tcp_drip"}
LONGEST_HOLD_SECONDS = 2.0


@pytest.mark.parametrize("chosen", [set(FAULTS) - HEAVY, HEAVY], ids=["light", "heavy"])
def test_a_scan_tells_each_fault_by_its_outcome_and_stores_nothing_forged(
    run: Callable[..., Any], tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch, chosen: set[str]
) -> None:
    held = []

    def timed(read: Callable[..., Any]) -> Callable[..., Any]:
        def reading(*words: Any) -> Any:
            started = time.thread_time()
            try:
                return read(*words)
            finally:
                held.append(time.thread_time() - started)

        return reading

    for name in ("read", "read_fast", "read_full"):
        monkeypatch.setattr(_dns_client, name, timed(getattr(_dns_client, name)))
    with DnsFaults() as server:
        host_of = {fault: server.name(fault).rstrip(".") for fault in sorted(chosen)}
        hosts = tmp_path / "hosts.txt"
        hosts.write_text("\n".join(host_of.values()) + "\n")
        ran = run("scan", hosts, "--resolver", f"{server.host}:{server.port}", "--rate", "0", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = {row["host"]: row["outcome"] for row in map(json.loads, ran.out.splitlines()) if row["type"] == "A"}
    assert {fault: told[host] for fault, host in host_of.items()} == {fault: EXPECTED[fault] for fault in host_of}
    # No forged address in what is printed, in the rows, or in the bytes that they were read from.
    manifest = store.manifest()
    rows = store.read("observations", manifest).to_pylist()
    assert rows and FORGED not in ran.out and FORGED not in str(rows)
    assert not any(FORGED.encode() in store.raw_body(part) for part in manifest.raw)
    # A hostile answer is read on the thread that every other look-up waits for.
    assert max(held) < LONGEST_HOLD_SECONDS
