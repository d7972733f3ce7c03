"""Defaults that a public dashboard may not have are switched off, in the file and on the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_streamlit_defaults_are_overridden() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["runner"]["postScriptGC"] is False
    assert config["server"]["fileWatcherType"] == "none"
    assert config["server"]["maxUploadSize"] == 1
    assert config["theme"]["primaryColor"] == "#12436D"
    assert "enableAgentApi" not in config["server"]
