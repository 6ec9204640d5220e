import qrcode
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathImage


def as_svg(url: str) -> SafeString:
    """A QR code of an address that was made here, to stand in a page."""
    code = qrcode.make(url, image_factory=SvgPathImage, box_size=10, border=2)
    return mark_safe(code.to_string(encoding="unicode"))  # noqa: S308
