"""The thinking of cloudhold: pure, without network and without screens."""

__version__ = "0.1.0"
