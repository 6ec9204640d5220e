"""Reads the bytes for a receipt printer as the printer would."""

import re
from dataclasses import dataclass

from escpos.capabilities import get_profile

_COMMAND = re.compile(rb"\x1b@|\x1b[!Ea\-MtdR{].|\x1d[BbV!].|\x1d\(k(?P<size>..)", re.S)
_CODE_PAGE, _CUT, _QR_DATA = b"\x1bt", b"\x1dV", b"1P0"


@dataclass(slots=True)
class Paper:
    """`qr` is what the QR code says."""

    text: str = ""
    qr: str = ""
    is_cut: bool = False


def read_escpos(raw: bytes, *, profile: str = "TM-T88V") -> Paper:
    """Raises ValueError at a command that a receipt has no use for."""
    pages = get_profile(profile).profile_data["codePages"]
    paper, page, at = Paper(), "CP437", 0
    while at < len(raw):
        command = _COMMAND.match(raw, at)
        end = _end(command) if command else at + 1
        piece, at = raw[at:end], end
        if command is None:
            paper.text += _printable(piece).decode(page)
        elif piece.startswith(_CODE_PAGE):
            page = pages[str(piece[2])]
        elif command["size"] and piece[5:].startswith(_QR_DATA):
            paper.qr = piece[5:].removeprefix(_QR_DATA).decode()
        paper.is_cut = paper.is_cut or piece.startswith(_CUT)
    return paper


def _end(command: re.Match[bytes]) -> int:
    """Some commands say how much data follows them."""
    return command.end() + int.from_bytes(command["size"] or b"", "little")


def _printable(piece: bytes) -> bytes:
    if piece in b"\x1b\x1d":
        raise ValueError("a command that a receipt has no use for")
    return piece
