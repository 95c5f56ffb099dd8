"""What partners reach: the listeners of SFTP, AS2 and PeSIT, made of settings and keys.

Each is a module of `simulator.transport` that knows the node by its gateway alone; what calls out is
handed to whoever pushes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import asyncssh
import msgspec
from twisted.internet import reactor as installed_reactor
from twisted.internet.error import CannotListenError

from simulator import resources
from simulator.pki import Pki
from simulator.runtime.hands import NodeHands
from simulator.runtime.reception import Reception
from simulator.settings import Settings
from simulator.transport import as2, pesit, sftp, tls

# The reactor is whatever was installed; its type is only known then.
reactor: Any = installed_reactor


class PortTaken(Exception):
    """A port cannot be bound; one line that says which and what to do."""

    def __init__(self, setting: str, port: int, reason: Exception) -> None:
        text = f"cannot listen on port {port} ({setting}): {reason}"
        super().__init__(f"{text}; stop its owner or give another port")


class Listeners:
    """The listeners of one node.

    Args:
        settings: in force.
        keys: of the data folder.
        reception: the node, as transports see it.
        host: told to partners.
    """

    def __init__(self, settings: Settings, keys: Pki, reception: Reception, host: str) -> None:
        self._settings = settings
        self._keys = keys
        self._reception = reception
        self._host = host
        self._exit = AsyncExitStack()

    async def start(self, hands: NodeHands) -> None:
        """Binds every port, and registers what calls out. Raises `PortTaken`."""
        await self._listen_sftp()
        self._listen_as2(hands)
        await self._listen_pesit(hands)

    async def close(self) -> None:
        """Takes nothing new, lets what is under way end."""
        await self._exit.aclose()

    async def _listen_sftp(self) -> None:
        node = self._settings.node
        given = sftp.SftpSettings(**msgspec.structs.asdict(self._settings.sftp))
        host_key = asyncssh.read_private_key(self._keys.host_key)
        try:
            self._sftp = await sftp.listen(
                self._reception, given, node.host, node.sftp_port, [host_key]
            )
        except OSError as error:
            raise PortTaken("sftp_port", node.sftp_port, error) from error
        self._exit.push_async_callback(self._sftp.close)
        self._keys.write_known_hosts(self._host, self._sftp.port)

    def _listen_as2(self, hands: NodeHands) -> None:
        node, keys = self._settings.node, self._keys
        try:
            self._as2 = as2.listen(
                reactor,
                self._reception,
                as2.As2Settings(**msgspec.structs.asdict(self._settings.as2)),
                as2.Keys(
                    keys.key.read_bytes(), keys.certificate.read_bytes(), keys.ca.read_bytes()
                ),
                host=node.host,
                port=node.as2_port,
                tls_port=node.as2_tls_port,
                url=self._as2_url,
                inflated=self._settings.limits.flow,
            )
        except CannotListenError as error:
            setting = "as2_port" if error.port == node.as2_port else "as2_tls_port"
            raise PortTaken(setting, error.port, error.socketError) from error
        self._exit.push_async_callback(self._as2.close)
        hands.pushers["as2"] = self._as2.client.push
        hands.receipt_senders["as2"] = self._as2.client.send_receipt

    def _as2_url(self) -> str:
        return f"http://{in_url(self._host)}:{self._as2.port}{self._settings.as2.path}"

    def _as2_tls_url(self) -> str | None:
        port, path = self._as2.tls_port, self._settings.as2.path
        return f"https://{in_url(self._host)}:{port}{path}" if port else None

    async def _listen_pesit(self, hands: NodeHands) -> None:
        node = self._settings.node
        given = msgspec.structs.asdict(self._settings.pesit)
        profile = resources.path("schemas", "pesit-profiles", f"{given.pop('profile')}.toml")
        calls = pesit.Manner(**msgspec.structs.asdict(given.pop("calls")))
        naming = pesit.Naming.read(profile.read_text(encoding="utf-8"))
        try:
            self._pesit = await pesit.listen(
                self._reception,
                pesit.PesitSettings(**given, calls=calls),
                tls.Identity.read(self._keys.key, self._keys.certificate),
                self._keys.ca.read_bytes(),
                pesit.Place(node.host, node.pesit_port, node.pesit_plain_port),
                pesit.Names(naming, self._of_part_id),
            )
        except pesit.PlainPortTaken as error:
            raise PortTaken("pesit_plain_port", node.pesit_plain_port or 0, error) from error
        except OSError as error:
            raise PortTaken("pesit_port", node.pesit_port, error) from error
        self._exit.push_async_callback(self._pesit.close)
        hands.pushers["pesit"] = self._pesit.pusher.push

    def _of_part_id(self, part_id: str) -> str | None:
        """Code application of a PeSIT name."""
        partners = (r for _, r in self._reception.partners())
        return next((r.code_application for r in partners if r.part_id == part_id), None)

    def describe(self) -> Mapping[str, Any]:
        """Their part of the ready file (design §7)."""
        plain = self._pesit.plain_port
        return {
            "as2": self._as2_url(),
            "as2_id": self._settings.as2.name,
            "as2_tls": self._as2_tls_url(),
            "sftp": {"host": self._host, "port": self._sftp.port},
            "pesit": {"host": self._host, "port": self._pesit.port},
            "pesit_plain": {"host": "127.0.0.1", "port": plain} if plain else None,
            "part_id": self._settings.pesit.part_id,
        }


def in_url(host: str) -> str:
    """A host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
