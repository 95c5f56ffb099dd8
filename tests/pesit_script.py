"""A script without a reactor: deposits a file, then fetches; once more, in the same process."""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.transport import pesit_alone, pesit_client
from simulator.transport.pesit_client import Endpoint


def main(port: str, file: str, box: str) -> None:
    """Prints the names of what was fetched."""
    endpoint = Endpoint("localhost", int(port), "DEM003", password="secret")
    pesit_alone.run(pesit_client.send(endpoint, [Path(file)]))
    for path in pesit_alone.run(pesit_client.receive(endpoint, Path(box))):
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
