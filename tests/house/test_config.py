"""Defaults that a public dashboard may not have are switched off, in the file and on the command line."""

from __future__ import annotations

import functools
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
    assert config["theme"]["light"]["primaryColor"] == "#12436D"
    assert set(config["theme"]) >= {"light", "dark"}, "with one theme only the explorer is light in a dark system"
    assert "enableAgentApi" not in config["server"]


def test_the_server_has_the_same_settings_as_the_file() -> None:
    from app import server

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    for key, value in server.CONFIG.items():
        if key != "server.baseUrlPath":
            assert functools.reduce(lambda part, name: part[name], key.split("."), config) == value, key
