"""The command line. Verbs and outputs are a contract: other people's checks parse them."""

import click

from pipelines import __version__


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Which clouds UK public services depend on, and who signed the contract."""
