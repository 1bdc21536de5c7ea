"""Bytes of a text file as text, whichever byte-order mark an editor put before it."""

import codecs

MARK = "\ufeff"  # a byte-order mark that was taken for a character, as in text pasted from a file
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes) -> str:
    """Text in UTF-8, with a byte-order mark or without, or in UTF-16 with one; UnicodeError for anything else."""
    text = data.decode("utf-16" if data.startswith(WIDE) else "utf-8").removeprefix(MARK)
    if "\0" in text:
        raise UnicodeError("it holds zero characters, as no text does")
    return text
