"""An AS2 endpoint made of pyas2lib on our HTTP server: what the node's rate is compared with.

python -m bench.as2_pyas2_endpoint FOLDER    # a partner's folder; prints the port
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from twisted.internet import asyncioreactor

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
asyncioreactor.install(loop)

from twisted.internet import reactor  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from as2_forge import pair  # noqa: E402

from simulator.runtime.spool import Spool  # noqa: E402
from simulator.transport.as2_http import House, Post, Response  # noqa: E402
from simulator.transport.as2_pyas2 import load  # noqa: E402
from simulator.transport.as2_settings import As2Settings  # noqa: E402


def main(folder: Path) -> None:
    """Serves until it is killed."""
    own = pair("CPP001")
    (folder / "own.pem").write_bytes(own.certificate)
    pyas2 = load().module
    theirs = (folder / "cert.pem").read_bytes()
    organization = pyas2.Organization(
        as2_name="CPP001", sign_key=own.key + own.certificate, sign_key_pass=None,
        decrypt_key=own.key + own.certificate, decrypt_key_pass=None,
    )  # fmt: skip
    partner = pyas2.Partner(
        as2_name="DEM012", verify_cert=theirs, encrypt_cert=theirs, validate_certs=False
    )

    async def answer(post: Post) -> Response:
        assert post.spool is not None
        raw = post.spool.read(0, post.spool.size).partition(b"\r\n")[2]
        message = pyas2.Message()
        _, _, mdn = message.parse(raw, lambda _: organization, lambda _: partner)
        fields = "".join(f"{name}: {value}\r\n" for name, value in mdn.headers.items())
        return Response(200, fields.encode(), mdn.content)

    scratch = Path(tempfile.mkdtemp(prefix="aife-sim-bench-"))
    house = House(As2Settings(), answer, lambda: Spool(scratch))
    print(reactor.listenTCP(0, house, interface="127.0.0.1").getHost().port, flush=True)
    reactor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
