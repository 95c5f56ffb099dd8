"""A node whose AS2 returns go to a file: one word a push, ``first`` or ``resend``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from simulator.cli import serve


def main() -> None:
    """Serves, with a pusher registered as a transport would."""
    from twisted.internet import asyncioreactor

    installed = asyncioreactor.install

    def install_then_patch(loop: object) -> None:
        installed(loop)
        from simulator import node
        from simulator.runtime.lanes import PushOutcome

        async def push(parcel: object) -> PushOutcome:
            with Path(os.environ["PUSHED"]).open("a") as out:
                out.write("resend\n" if parcel.resend else "first\n")  # type: ignore[attr-defined]
            return PushOutcome(delivered=True, detail="written")

        start = node.Node._start_runtime

        def with_pusher(self: node.Node) -> None:
            start(self)
            self.hands.pushers["as2"] = push

        node.Node._start_runtime = with_pusher

    asyncioreactor.install = install_then_patch
    serve.serve(sys.argv[1:], prog_name="serve")


if __name__ == "__main__":
    main()
