"""Worked examples: one message, its identifiers, and its octets without prefix.

X = 01 is the requester's identifier, Y = 62h the server's.
"""

from simulator.wire import pesit as p

X, Y = 0x01, 0x62

CONNECT = p.Connect(
    requester="ACME",
    server="HUB",
    access=p.Access("secret"),
    sync=p.SyncOption(32, 4),
    resync=True,
)
ACONNECT = p.Aconnect(sync=p.SyncOption(32, 4), resync=True)
CREATE = p.Create(
    file_name="INVOICES",
    transfer_id=1,
    data_code=p.DataCode.BINARY,
    max_entity=4096,
    article_format=p.ArticleFormat.VARIABLE,
    article_length=1024,
    reservation_unit=0,
    max_reserved=10,
    created="261112123000",
)
SELECT = p.Select(file_name="RETURNS", attributes=0xE0, max_entity=4096)

FPDUS = [
    (
        "CONNECT",
        CONNECT,
        0,
        X,
        (
            "00 27 40 20 00 01 03 04 41 43 4D 45 04 03 48 55 42 05 06 73 65 63 72 65 74 06 01 02 "
            "07 03 00 20 04 16 01 02 17 01 01"
        ),
    ),
    ("ACONNECT", ACONNECT, X, Y, "00 11 40 21 01 62 06 01 02 07 03 00 20 04 17 01 01"),
    (
        "RCONNECT",
        p.Rconnect(diagnostic=p.Diagnostic(3, 304)),
        X,
        0,
        "00 0B 40 22 01 00 02 03 03 01 30",
    ),
    (
        "CREATE",
        CREATE,
        Y,
        0,
        (
            "00 43 C0 11 62 00 09 0D 0B 01 00 0C 08 49 4E 56 4F 49 43 45 53 0D 01 01 10 01 02 "
            "11 01 01 19 02 10 00 1E 07 1F 01 80 20 02 04 00 28 06 29 01 00 2A 01 0A 32 0E 33 0C "
            "32 36 31 31 31 32 31 32 33 30 30 30"
        ),
    ),
    (
        "ACK(CREATE)",
        p.AckCreate(max_entity=4096),
        X,
        0,
        "00 0F C0 30 01 00 02 03 00 00 00 19 02 10 00",
    ),
    (
        "ACK(CREATE) 2-204",
        p.AckCreate(diagnostic=p.Diagnostic.named("file-exists"), max_entity=4096),
        X,
        0,
        "00 0F C0 30 01 00 02 03 02 00 CC 19 02 10 00",
    ),
    ("ORF", p.Orf(compression=p.Compression()), Y, 0, "00 0A C0 14 62 00 15 02 00 00"),
    (
        "ACK(ORF)",
        p.AckOrf(compression=p.Compression()),
        X,
        0,
        "00 0F C0 33 01 00 02 03 00 00 00 15 02 00 00",
    ),
    ("WRITE", p.Write(), Y, 0, "00 06 C0 02 62 00"),
    ("ACK(WRITE)", p.AckWrite(), X, 0, "00 0E C0 36 01 00 02 03 00 00 00 12 01 00"),
    ("SYN", p.Syn(number=1), Y, 0, "00 09 C0 03 62 00 14 01 01"),
    ("ACK(SYN)", p.AckSyn(number=1), X, 0, "00 09 C0 38 01 00 14 01 01"),
    ("DTF.END", p.DtfEnd(), Y, 0, "00 0B C0 04 62 00 02 03 00 00 00"),
    (
        "TRANS.END",
        p.TransEnd(octets=300, articles=3),
        Y,
        0,
        "00 0D C0 08 62 00 1B 02 01 2C 1C 01 03",
    ),
    (
        "ACK(TRANS.END)",
        p.AckTransEnd(octets=300, articles=3),
        X,
        0,
        "00 12 C0 37 01 00 02 03 00 00 00 1B 02 01 2C 1C 01 03",
    ),
    ("CRF", p.Crf(), Y, 0, "00 0B C0 15 62 00 02 03 00 00 00"),
    ("DESELECT", p.Deselect(), Y, 0, "00 0B C0 13 62 00 02 03 00 00 00"),
    ("RELEASE", p.Release(), Y, X, "00 0B 40 23 62 01 02 03 00 00 00"),
    ("RELCONF", p.Relconf(), X, Y, "00 06 40 24 01 62"),
    (
        "SELECT",
        SELECT,
        Y,
        0,
        (
            "00 21 C0 12 62 00 09 0C 0B 01 00 0C 07 52 45 54 55 52 4E 53 0D 01 00 0E 01 E0 "
            "11 01 01 19 02 10 00"
        ),
    ),
    ("READ", p.Read(restart_point=3), Y, 0, "00 09 C0 01 62 00 12 01 03"),
    (
        "RESYN",
        p.Resyn(diagnostic=p.Diagnostic(1, 100), restart_point=2),
        Y,
        0,
        "00 0E C0 05 62 00 02 03 01 00 64 12 01 02",
    ),
    (
        "IDT",
        p.Idt(diagnostic=p.Diagnostic(2, 216), end_code=p.EndCode.CANCELLED_BY_REQUESTER),
        Y,
        0,
        "00 0E C0 06 62 00 02 03 02 00 D8 13 01 10",
    ),
    (
        "ABORT",
        p.Abort(diagnostic=p.Diagnostic(3, 317)),
        Y,
        X,
        "00 0B 40 25 62 01 02 03 03 01 3D",
    ),
    (
        "MSG",
        p.Msg(file_type=0xFFFF, file_name="INVOICES", transfer_id=1, attributes=0, text=b"OK"),
        Y,
        0,
        (
            "00 20 C0 16 62 00 09 0E 0B 02 FF FF 0C 08 49 4E 56 4F 49 43 45 53 0D 01 01 0E 01 00 "
            "5B 02 4F 4B"
        ),
    ),
]

DATA = [
    ("one article", (b"HELLO",), 4096, ["00 0B 00 00 62 00 48 45 4C 4C 4F"]),
    (
        "two articles",
        (b"AB", b"CDE"),
        4096,
        ["00 0F 00 00 62 02 00 02 41 42 00 03 43 44 45"],
    ),
    (
        "three segments",
        (b"ABCDEF",),
        8,
        ["00 08 00 41 62 00 41 42", "00 08 00 40 62 00 43 44", "00 08 00 42 62 00 45 46"],
    ),
]

PRECONNECTION = (
    "D7 C5 E2 C9 E3 40 40 40 C1 C3 D4 C5 40 40 40 40 A2 85 83 99 85 A3 40 40",
    "C1 C3 D2 F0",
    "D5 C1 D2 F0",
)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def entity(*fpdus: bytes) -> bytes:
    """FPDUs in one entity, behind its prefix."""
    body = b"".join(fpdus)
    return len(body).to_bytes(2, "big") + body
