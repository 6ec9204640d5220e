"""Reads the bytes for a receipt printer as the printer would."""

import re
from dataclasses import dataclass

from escpos.capabilities import get_profile

_COMMAND = re.compile(
    rb"\x1b@|\x1b[!Ea\-MtdR{](.)|\x1dB(.)|\x1db(.)|\x1d!(.)|\x1dV(.)|\x1d\(k(..)", re.S
)
_QR_DATA = b"1P0"


@dataclass(frozen=True, slots=True)
class Paper:
    """`qr` is what the QR code says."""

    text: str
    qr: str
    is_cut: bool


def read_escpos(raw: bytes, *, profile: str = "TM-T88V") -> Paper:
    """Raises ValueError at a command that a receipt has no use for."""
    pages = get_profile(profile).profile_data["codePages"]
    text, qr, is_cut, at, page = "", "", False, 0, "CP437"
    while at < len(raw):
        found = _COMMAND.match(raw, at)
        if found is None:
            if raw[at] in b"\x1b\x1d":
                raise ValueError(f"unknown command at {at}: {raw[at : at + 4]!r}")
            text, at = text + raw[at : at + 1].decode(page), at + 1
            continue
        at = found.end()
        if raw[found.start() : at - 1] == b"\x1bt":
            page = pages[str(raw[at - 1])]
        is_cut = is_cut or found[0].startswith(b"\x1dV")
        if size := found[6]:
            data, at = (
                raw[at : at + int.from_bytes(size, "little")],
                at + int.from_bytes(size, "little"),
            )
            qr = data.removeprefix(_QR_DATA).decode() if data.startswith(_QR_DATA) else qr
    return Paper(text, qr, is_cut)
