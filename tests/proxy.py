"""What stands between browser and servers in tests: a proxy that can be cut, and keeps a browser with one replica.

It reads its rule from an nginx file: the servers of the `upstream` block, in whose order they are tried, and the cookie
that `hash` goes by. A connection carries one request, or one WebSocket.
"""

import asyncio
import re
import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit
from zlib import crc32


def rule(file: Path) -> tuple[list[str], str]:
    """The addresses of an nginx file's servers, and the name of the cookie that says which one is a browser's."""
    text = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
    block = re.search(r"upstream \w+ \{(.*?)\}", text, re.DOTALL)
    assert block
    by = re.search(r"hash \$(\w+)", block[1])
    assert by
    cookie = re.search(rf"map \$cookie_(\w+) \${by[1]} ", text)
    assert cookie
    return re.findall(r"server ([\w.:]+)", block[1]), cookie[1]


class Proxy:
    """A proxy on a port of its own, in a thread; `used` are the servers that requests have gone to."""

    def __init__(self, servers: Sequence[str], cookie: str = "route") -> None:
        self.servers, self.cookie, self.used = servers, cookie, set[str]()
        self._open: set[asyncio.StreamWriter] = set()
        self._dead = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "localhost", 0)
        self.url = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._ended.wait()
        server.close()

    def cut(self) -> None:
        """Break every connection, and refuse others until `mend`."""
        self._dead = True
        self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in self._open])

    def mend(self) -> None:
        """Take connections again."""
        self._dead = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            if not self._dead:
                await self._pass_on(reader, writer)
        self._open.discard(writer)
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        cookies = SimpleCookie(next(iter(re.findall(r"(?im)^cookie: (.*?)\r$", head)), ""))
        known = cookies[self.cookie].value if self.cookie in cookies else None
        route = known or uuid.uuid4().hex
        if not re.search(r"(?im)^upgrade:", head):
            head = re.sub(r"(?im)^connection: .*\r$", "Connection: close\r", head)
        back, forth, server = await self._server(route)
        self.used.add(server)
        self._open.add(forth)
        forth.write(head.encode("latin-1"))
        onward = asyncio.ensure_future(_pump(reader, forth))
        try:
            answer = await back.readuntil(b"\r\n\r\n")
            if known is None:
                answer = answer[:-2] + f"Set-Cookie: {self.cookie}={route}; Path=/; HttpOnly\r\n\r\n".encode()
            writer.write(answer)
            await _pump(back, writer)
        finally:
            onward.cancel()
            self._open.discard(forth)
            forth.close()

    async def _server(self, route: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
        """The server of that browser, or the next one where it is dead."""
        first = crc32(route.encode()) % len(self.servers)
        for server in [*self.servers[first:], *self.servers[:first]]:
            try:
                parts = urlsplit(f"//{server}")
                return *await asyncio.open_connection(parts.hostname, parts.port), server
            except OSError:
                continue
        raise ConnectionRefusedError


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # either side has gone
        while part := await reader.read(2**16):
            writer.write(part)
            await writer.drain()
