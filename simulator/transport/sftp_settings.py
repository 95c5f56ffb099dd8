"""What may be set about the SFTP server, and the official facts behind the defaults."""

from __future__ import annotations

import posixpath

import msgspec

# The only two that DG3.2 names for the exchange system (official).
OFFICIAL_CIPHERS = ("aes128-cbc", "aes256-cbc")
# What today's clients prefer (assumed). chacha20-poly1305 is left out on purpose: OpenSSH would
# choose it, and it costs this server a third more time than AES with the processor's instructions.
MODERN_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)


# What today's clients prefer without UMAC (assumed), which OpenSSH would choose: it is Python calling
# C for each packet here, and costs small files a tenth of the reactor's time.
MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha1",
)


class SftpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Areas, manners and bounds of the SFTP server.

    Two areas, one to deposit and one to fetch from, list and get only in the latter, each file
    fetched once: DG3.2 (official for the PPF, deduced for Chorus Pro). Names of the areas and of
    unfinished files, and all bounds: published nowhere (assumed).

    Attributes:
        depot: absolute path of the area to deposit in.
        retrait: absolute path of the area to fetch from.
        temporary_suffixes: a file so named is no deposit until it is renamed; case is ignored.
        hidden_prefix: nor is one whose name begins so; ``""`` for none.
        once: a fetched return leaves the area; False records the fetch and keeps it listed.
        login_timeout: seconds until a connection must have signed in.
        max_connections: connections at a time, signed in or not.
        max_connections_per_partner: connections of one partner at a time.
        max_handles: files and listings that one session may have open.
        kept_uploads: cut uploads of one partner that wait to be resumed; the oldest go first.
        kept_staged: files of one partner under temporary names; one more is refused.
        kept_bytes: size of both kinds together, in bytes.
        ciphers: in the server's order; the client's order decides, as it does for `macs`.

    Raises:
        ValueError: an area that is no absolute path, or one inside the other.
    """

    depot: str = "/depot"
    retrait: str = "/retrait"
    temporary_suffixes: tuple[str, ...] = (".tmp", ".part", ".filepart")
    hidden_prefix: str = "."
    once: bool = True
    login_timeout: float = 30.0
    max_connections: int = 200
    max_connections_per_partner: int = 20
    max_handles: int = 128
    kept_uploads: int = 16
    kept_staged: int = 256
    kept_bytes: int = 4 << 30
    ciphers: tuple[str, ...] = (*MODERN_CIPHERS, *OFFICIAL_CIPHERS)
    macs: tuple[str, ...] = MACS

    def __post_init__(self) -> None:
        for area in (self.depot, self.retrait):
            if area == "/" or not area.startswith("/") or posixpath.normpath(area) != area:
                message = f"an SFTP area is an absolute path such as /depot, found {area!r}"
                raise ValueError(message)
        if f"{self.retrait}/".startswith(f"{self.depot}/") or f"{self.depot}/".startswith(
            f"{self.retrait}/"
        ):
            message = f"SFTP areas lie apart, found {self.depot!r} and {self.retrait!r}"
            raise ValueError(message)

    def is_temporary(self, name: str) -> bool:
        """Whether a file of this name waits to be renamed before it is a deposit."""
        hidden = bool(self.hidden_prefix) and name.startswith(self.hidden_prefix)
        return hidden or name.lower().endswith(tuple(s.lower() for s in self.temporary_suffixes))
