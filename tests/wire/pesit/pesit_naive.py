"""A second view of the wire, written from the worked examples alone and on purpose simple.

It imports nothing of the core. One FPDU an entity, prefix always, no CRC, no compression, no
segments: what a careful person would type.
"""


def fpdu(octet3, octet4, to, by, body=b""):
    return (6 + len(body)).to_bytes(2, "big") + bytes((octet3, octet4, to, by)) + body


def pi(code, value):
    return bytes((code, len(value))) + value


def number(value):
    text = f"{value:x}"
    return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)


def entity(one):
    return len(one).to_bytes(2, "big") + one


class NaiveRequester:
    """Writes one file and reads the answers, giving up at the first surprise."""

    def __init__(self, x=0x0A):
        self.x = x
        self.y = None

    def connect(self):
        body = pi(3, b"NAIVE") + pi(4, b"HUB") + pi(6, b"\x02") + pi(22, b"\x00")
        return entity(fpdu(0x40, 0x20, 0, self.x, body))

    def push(self, name, transfer, articles):
        """Everything to say after ACONNECT, and the answer that each thing must get."""
        group = pi(11, b"\0") + pi(12, name)
        body = pi(9, group) + pi(13, number(transfer)) + pi(17, b"\1") + pi(25, number(4096))
        body += pi(30, pi(31, b"\x80") + pi(32, number(1024)))
        body += pi(40, pi(41, b"\0") + pi(42, number(100)))
        zero = pi(2, b"\0\0\0")
        yield self._say(0x11, body), (0xC0, 0x30)
        yield self._say(0x14), (0xC0, 0x33)
        yield self._say(0x02), (0xC0, 0x36)
        for article in articles:
            yield entity(fpdu(0x00, 0x00, self.y, 0, article)), None
        yield self._say(0x04, zero), None
        counts = pi(27, number(sum(map(len, articles)))) + pi(28, number(len(articles)))
        yield self._say(0x08, counts), (0xC0, 0x37)
        yield self._say(0x15, zero), (0xC0, 0x34)
        yield self._say(0x13, zero), (0xC0, 0x32)
        yield entity(fpdu(0x40, 0x23, self.y, self.x, zero)), (0x40, 0x24)

    def _say(self, octet4, body=b""):
        return entity(fpdu(0xC0, octet4, self.y, 0, body))


ANSWERS = {
    (0x40, 0x20): (0x40, 0x21, pi(6, b"\x02")),
    (0xC0, 0x11): (0xC0, 0x30, pi(2, b"\0\0\0") + pi(25, b"\x10\x00")),
    (0xC0, 0x14): (0xC0, 0x33, pi(2, b"\0\0\0")),
    (0xC0, 0x02): (0xC0, 0x36, pi(2, b"\0\0\0") + pi(18, b"\0")),
    (0xC0, 0x08): (0xC0, 0x37, pi(2, b"\0\0\0")),
    (0xC0, 0x15): (0xC0, 0x34, pi(2, b"\0\0\0")),
    (0xC0, 0x13): (0xC0, 0x32, pi(2, b"\0\0\0")),
    (0x40, 0x23): (0x40, 0x24, b""),
}


class NaiveServer:
    """Answers a write with the octets of the examples, whatever the parameters were."""

    def __init__(self, y=0x77):
        self.y = y
        self.x = 0
        self.data = b""

    def hear(self, octets):
        """What to answer to some entities; articles go to ``data``."""
        out = b""
        while octets:
            length = int.from_bytes(octets[:2], "big")
            inside, octets = octets[2 : 2 + length], octets[2 + length :]
            while inside:
                size = int.from_bytes(inside[:2], "big")
                out += self._one(inside[:size])
                inside = inside[size:]
        return out

    def _one(self, one):
        if one[2:4] == b"\x40\x20":
            self.x = one[5]
        if one[2:4] == b"\x00\x00":
            self.data += self._articles(one[6:], one[5])
            return b""
        answer = ANSWERS.get((one[2], one[3]))
        if answer is None:
            return b""
        octet3, octet4, body = answer
        by = self.y if octet3 == 0x40 else 0
        return entity(fpdu(octet3, octet4, self.x, by, body))

    def _articles(self, body, count):
        if count == 0:
            return body
        out = b""
        for _ in range(count):
            size = int.from_bytes(body[:2], "big")
            out += body[2 : 2 + size]
            body = body[2 + size :]
        assert not body
        return out
