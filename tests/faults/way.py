"""python -m tests.faults.way PORT TARGET      passes on what comes to PORT; lines on standard input say how late answers come, in seconds."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import uvloop


class Way:
    """Both ends are closed when one of them is."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.late = 0.0

    async def connected(self, caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            answers, there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            back.transport.abort()
            return
        ways = [
            asyncio.create_task(self._pass(caller, there, late=False)),
            asyncio.create_task(self._pass(answers, back, late=True)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (there, back):
            end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, late: bool) -> None:
        loop = asyncio.get_running_loop()
        due = 0.0
        with suppress(OSError):
            while data := await source.read(65_536):
                if late and (self.late or due > loop.time()):
                    due = max(due, loop.time() + self.late)  # nothing overtakes what was read before it
                    loop.call_at(due, sink.write, data)
                else:
                    sink.write(data)


async def main(port: int, target: int) -> None:
    way = Way(target)
    server = await asyncio.start_server(way.connected, "127.0.0.1", port)
    told = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    async with server:
        while line := await told.readline():
            way.late = float(line)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
