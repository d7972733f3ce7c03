"""Lock files carry names, versions and hashes only: no address of any registry."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_lock_file_names_no_registry(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert len(lines) > 100
    for line in lines:
        assert "://" not in line
        assert not line.startswith("-")
        assert "--hash=sha256:" in line or "==" in line
