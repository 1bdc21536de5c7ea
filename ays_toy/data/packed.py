"""Bytes as text that a link can hold: packed by zlib, whose checksum finds what was damaged, in base64url."""

import base64
import binascii
import re
import zlib

MAX_TEXT, MAX_BYTES = 1500, 16_384  # characters of a text, and bytes that it may unpack to


def pack(content: bytes) -> str:
    """The bytes as letters, digits, - and _; as many as it needs: see whether they are at most `MAX_TEXT`."""
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).rstrip(b"=").decode()


def unpack(text: str, what: str) -> bytes:
    """The bytes behind a text; ValueError for one that is damaged, too long or unpacks to too much.

    `what` begins the sentence: 'The drawing in this link is'.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"{what} too long: {len(text):,} characters, where a link holds {MAX_TEXT:,} at most.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise damaged(what)
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), MAX_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise damaged(what) from error
    if not unpacker.eof or unpacker.unused_data:
        raise damaged(what)
    return content


def damaged(what: str) -> ValueError:
    """What is raised for a text that is not whole."""
    return ValueError(f"{what} damaged: copy the whole link again, or make it anew.")
