"""The bytes of a text file as UTF-8, whatever its encoding, without a byte-order mark."""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from cmfc.ingest.readers.chunk import UnreadableFeed
from cmfc.ingest.sources import CsvSource, FixedWidthSource, TsvSource

BLOCK_BYTES = 8 << 20
_MARK = "\ufeff".encode()


def utf8_blocks(path: Path, encoding: str, size: int = BLOCK_BYTES, verify: bool = False) -> Iterator[bytes]:
    """A file's text in blocks.

    Args:
        path: the file.
        encoding: what it is written in.
        size: bytes read at a time.
        verify: look at every sign of UTF-8 too, which whoever reads it next otherwise does.

    Raises:
        UnicodeDecodeError: after all the text before the fault has been given.
        LookupError: no such encoding.
    """
    is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    decoder = codecs.getincrementaldecoder("utf-8" if is_utf8 else encoding)()
    is_first = True
    with path.open("rb") as raw:
        for block in _and_end(iter(lambda: raw.read(size), b"")):
            text, fault = (block, None) if is_utf8 and not verify else _decoded(decoder, block)
            while is_first and text.startswith(_MARK):
                text = text[len(_MARK) :]
            is_first = is_first and not text
            if text:
                yield text
            if fault:
                raise fault


def wrong_encoding(feed: str, source: CsvSource | TsvSource | FixedWidthSource, where: str) -> UnreadableFeed:
    """The refusal of a file that is not written in the encoding the mapping says."""
    return UnreadableFeed(
        f"{feed}: {source.label}{where} is not {source.encoding} text; set `encoding` in the mapping or save it again."
    )


def normal_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text with every line end (CR LF, CR or LF) as one LF."""
    tail = b""
    for block in blocks:
        text = tail + block
        tail = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(tail)]
        yield text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
    if tail:
        yield b"\n"


def _and_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield from blocks
    yield b""  # tells a decoder that nothing follows


def _decoded(decoder: codecs.IncrementalDecoder, block: bytes) -> tuple[bytes, UnicodeDecodeError | None]:
    try:
        return decoder.decode(block, final=not block).encode(), None
    except UnicodeDecodeError as error:
        whole = bytes(error.object[: error.start]).decode(error.encoding, "replace")
        return whole.encode(errors="replace"), error
