"""Write XML that every reader opens, and zips whose bytes tell nothing but what is in them.

    parent, tag, any text ──tell──► element       zip, name, bytes ──put──► file without a clock

Source: XML 1.0, production 2 (which characters there are).
"""

from __future__ import annotations

import re
import zipfile
from xml.etree.ElementTree import Element, SubElement

FIXED_TIME = (2000, 1, 1, 0, 0, 0)
"""The date inside a zip: two equal files are equal to the byte."""

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, whatever the escaping."""


def clean(text: str) -> str:
    """Put a sign of doubt in place of what XML cannot hold."""
    return ILLEGAL.sub("\ufffd", text)


def tell(parent: Element, tag: str, text: object) -> None:
    """Add an element that holds a text, whatever letters are in it."""
    SubElement(parent, tag).text = clean(str(text))


def put(bundle: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file to a zip."""
    member = zipfile.ZipInfo(name, FIXED_TIME)
    member.compress_type = zipfile.ZIP_DEFLATED
    bundle.writestr(member, content)
