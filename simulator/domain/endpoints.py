"""Where returns may be pushed: never to the real exchange system (design §4.11)."""

from __future__ import annotations

from urllib.parse import urlsplit

# Chorus Pro and AIFE live under the government's domain, in qualification too.
_REAL = "gouv.fr"


class EndpointRefused(ValueError):
    """An endpoint that nothing is pushed to; the text says why and what to give."""


def checked_endpoint(protocol: str, endpoint: str) -> str:
    """The endpoint itself.

    Args:
        protocol: of the raccordement; AS2 wants a URL, PeSIT ``host:port``.
        endpoint: as given.

    Raises:
        EndpointRefused: it cannot be used, or belongs to the real system.
    """
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        message = f"endpoint {endpoint!r}: {error}"
        raise EndpointRefused(message) from None
    if protocol == "as2" and (parts.scheme not in ("http", "https") or not host):
        message = f"endpoint {endpoint!r}: expected http://HOST:PORT/PATH or https:// for AS2"
        raise EndpointRefused(message)
    if protocol == "pesit" and (not host or port is None):
        message = f"endpoint {endpoint!r}: expected HOST:PORT for PeSIT"
        raise EndpointRefused(message)
    if host == _REAL or host.endswith(f".{_REAL}"):
        message = f"endpoint {endpoint!r} is a host of the State: test data never goes there"
        raise EndpointRefused(message)
    return endpoint
