"""Errors of the core: you misused us, or the peer misbehaved.

Every `RemoteProtocolError` carries its wire form: the disposition that the MDN is to say and the
HTTP status of the answer. The text of the exception is for the journal; only the disposition,
constant by class, goes back to the partner, so nothing about a failed decryption leaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulator.wire.as2 import dispositions

if TYPE_CHECKING:
    from simulator.wire.as2.dispositions import Disposition
    from simulator.wire.as2.values import Layer


class ProtocolError(Exception):
    """Root of the errors of this package; never raised itself."""


class LocalProtocolError(ProtocolError):
    """The caller asked for something that AS2 or this core cannot do."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what cannot be accepted.

    Attributes:
        disposition: what the MDN says.
        http_status: 200, as an MDN answers; 400 where there is nothing to answer to.
        layers: the layers that were opened before the fault, outermost first.
    """

    disposition: ClassVar[Disposition] = dispositions.UNEXPECTED_PROCESSING_ERROR
    http_status: ClassVar[int] = 200
    layers: tuple[Layer, ...] = ()


class MalformedRequest(RemoteProtocolError):
    """Not an AS2 message at all: no AS2 names; answered with HTTP 400."""

    http_status = 400


class AuthenticationFailed(RemoteProtocolError):
    """The signature is wrong, or its signer is not the partner."""

    disposition = dispositions.AUTHENTICATION_FAILED


class DecryptionFailed(RemoteProtocolError):
    """The content cannot be decrypted, for whatever reason."""

    disposition = dispositions.DECRYPTION_FAILED


class DecompressionFailed(RemoteProtocolError):
    """The compressed layer is damaged, of an unknown method or larger than the limit."""

    disposition = dispositions.DECOMPRESSION_FAILED


class IntegrityCheckFailed(RemoteProtocolError):
    """The digest of the content is not the one that was signed."""

    disposition = dispositions.INTEGRITY_CHECK_FAILED


class InsufficientSecurity(RemoteProtocolError):
    """The message is not signed or encrypted as agreed, or with a method below the floor."""

    disposition = dispositions.INSUFFICIENT_MESSAGE_SECURITY


class UnknownTradingRelationship(RemoteProtocolError):
    """Nobody of that AS2 name is known; the MDN is not signed."""

    disposition = dispositions.UNKNOWN_TRADING_RELATIONSHIP


class DuplicateFilename(RemoteProtocolError):
    """Two attachments, or two messages, of the same name where that is forbidden."""

    disposition = dispositions.DUPLICATE_FILENAME


class IllegalFilename(RemoteProtocolError):
    """The file name cannot be used."""

    disposition = dispositions.ILLEGAL_FILENAME


class InvalidMessageId(RemoteProtocolError):
    """Message-ID absent, too long, or with characters that an echo cannot carry."""

    disposition = dispositions.INVALID_MESSAGE_ID


class UnsupportedFormat(RemoteProtocolError):
    """A signed receipt was required in a format that we cannot produce."""

    disposition = dispositions.UNSUPPORTED_FORMAT


class UnsupportedMicAlgorithms(RemoteProtocolError):
    """A MIC was required, and only with algorithms that we do not have."""

    disposition = dispositions.UNSUPPORTED_MIC_ALGORITHMS


class SenderEqualsReceiver(RemoteProtocolError):
    """AS2-From and AS2-To are the same name."""

    disposition = dispositions.SENDER_EQUALS_RECEIVER
