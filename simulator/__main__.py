"""``python -m simulator`` is ``aife-sim``."""

from simulator.cli.main import main

main()
