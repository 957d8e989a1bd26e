"""Reads a large workbook or Parquet file in a process of its own, with a limit of memory and of processor time.

What the parser asks for beyond that ends the process, not the worker. What is to be read goes in as JSON on standard
input; chunks come back on standard output as frames (a letter, a length, Arrow or JSON). No value is in an argument.
"""

import json
import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import IO, Any, BinaryIO

import pyarrow as pa
from pydantic import TypeAdapter

from cmfc.errors import CmfcError
from cmfc.ingest.readers.budget import MIB, Budget
from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import Chunk, Layout, UnreadableFeed
from cmfc.ingest.readers.file import read_here
from cmfc.ingest.sources import FileSource

_HEAD = struct.Struct("<cQ")
_CHUNK, _ERROR, _DONE = b"C", b"E", b"D"
_ROWS = "\x00row"
_POOL = {"ARROW_DEFAULT_MEMORY_POOL": "system"}  # the others reserve more than they use, and a limit counts that


def read_apart(feed: str, source: FileSource, census: SourceCensus, layout: Layout, budget: Budget) -> Iterator[Chunk]:
    """Read a file as `read` does, in a process of its own.

    Raises:
        UnreadableFeed: as `read`; or the process asked for more memory or time than the budget.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "cmfc.ingest.readers.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's own words may quote a cell
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **_POOL},
    ) as reader:
        assert reader.stdin and reader.stdout
        try:
            reader.stdin.write(_task(feed, source, layout, budget))
            reader.stdin.close()
            is_done = yield from _chunks(reader.stdout, census)
        finally:
            reader.stdout.close()
            reader.kill()
        if not is_done:
            raise _ended(feed, source, budget, reader.wait())


def _chunks(stream: IO[bytes], census: SourceCensus) -> Generator[Chunk, None, bool]:
    """The frames as chunks; gives whether the reader came to its end."""
    while len(head := stream.read(_HEAD.size)) == _HEAD.size:
        kind, length = _HEAD.unpack(head)
        body = stream.read(length)
        if len(body) < length:
            return False
        if kind == _CHUNK:
            yield _chunk_of(body)
            continue
        result = json.loads(body)
        if kind == _ERROR:
            raise UnreadableFeed(result["message"], result["detail"])
        census.record(**result["counts"])
        census.unnamed.update(result["unnamed"])
        return True
    return False


def _task(feed: str, source: FileSource, layout: Layout, budget: Budget) -> bytes:
    task = {
        "feed": feed,
        "source": source.model_dump(mode="json"),
        "layout": {**asdict(layout), "columns": sorted(layout.columns)},
        "budget": asdict(budget),
    }
    return json.dumps(task).encode()


def _chunk_of(body: bytes) -> Chunk:
    with pa.ipc.open_stream(body) as stream:
        table = stream.read_all()
    part = (table.schema.metadata or {}).get(b"part")
    return Chunk(table.column(_ROWS).combine_chunks(), table.drop_columns([_ROWS]), int(part) if part else None)


def _frame(out: BinaryIO, kind: bytes, body: Any) -> None:
    out.write(_HEAD.pack(kind, len(body)))
    out.write(body)


def _send(out: BinaryIO, chunk: Chunk) -> None:
    table = chunk.table.append_column(_ROWS, chunk.rows)
    table = table.replace_schema_metadata({"part": str(chunk.part)} if chunk.part is not None else None)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    _frame(out, _CHUNK, memoryview(sink.getvalue()))


def _ended(feed: str, source: FileSource, budget: Budget, code: int) -> UnreadableFeed:
    if code == -signal.SIGXCPU:
        message = f"takes more than {budget.seconds} seconds to read; if it should, raise CMFC_SOURCE_SECONDS"
    else:
        limit = f"{budget.memory_bytes // MIB} MiB"
        message = f"takes more than {limit} to read; if it should, raise CMFC_SOURCE_MEMORY_MIB"
    return UnreadableFeed(f"{feed}: {source.label} {message}.", f"reader ended with {code}")


def main() -> None:
    """The other process: reads what standard input says."""
    task, out = json.load(sys.stdin.buffer), sys.stdout.buffer
    budget = Budget(**task["budget"])
    resource.setrlimit(resource.RLIMIT_AS, (budget.memory_bytes + 512 * MIB,) * 2)  # the libraries themselves
    resource.setrlimit(resource.RLIMIT_CPU, (budget.seconds, budget.seconds + 5))
    census, source = SourceCensus(), TypeAdapter[FileSource](FileSource).validate_python(task["source"])
    layout = Layout(**{**task["layout"], "columns": frozenset(task["layout"]["columns"])})
    try:
        for chunk in read_here(task["feed"], source, census, layout, budget):
            _send(out, chunk)
    except CmfcError as error:
        if error.detail.startswith(MemoryError.__name__):
            sys.exit(137)  # a reader took it for damage
        _frame(out, _ERROR, json.dumps({"message": error.message, "detail": error.detail}).encode())
        return
    except MemoryError:
        sys.exit(137)
    _frame(out, _DONE, json.dumps({"counts": census.counts, "unnamed": sorted(census.unnamed)}).encode())


if __name__ == "__main__":
    main()
