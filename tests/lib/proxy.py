"""A TCP proxy that breaks: it stands between SAM's programs and one server.

    wire = Proxy(("127.0.0.1", 5432))        # wire.port is where the programs connect
    wire.cut()                               # all connections, by RST; new ones work
    with wire.refusing(): ...                # no connection at all
    with wire.holding(to_server=True): ...   # bytes of that direction wait
    with wire.delaying(0.3): ...             # every piece comes so much later, both ways
    with wire.losing_answers(b"commit"): ... # cut when the server answers to what holds the word;
                                             # wire.lost counts them

One thread with a loop of its own. Order and content of the bytes are never touched.
"""

import asyncio
import contextlib
import socket
import struct
import threading

import ports

PIECE = 1 << 16
STOP_SECONDS = 5
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


class Proxy:
    def __init__(self, server):
        self.port = ports.free_port()
        self._server = server
        self._pairs = set()
        self._refuses = False
        self._delay = 0.0
        self._word = None
        self.lost = 0
        self._open = {}  # direction -> asyncio.Event, set while bytes may pass
        self._loop = asyncio.new_event_loop()
        self._stopped = None
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    def stop(self):
        """Cuts what is left."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def cut(self):
        self._call(self._cut)

    def connections(self):
        return len(self._pairs)

    @contextlib.contextmanager
    def refusing(self):
        self._refuses = True
        self._call(self._cut)
        try:
            yield
        finally:
            self._refuses = False

    @contextlib.contextmanager
    def holding(self, to_server=False, to_client=False):
        ways = [way for way, wanted in (("up", to_server), ("down", to_client)) if wanted]
        self._call(lambda: [self._open[way].clear() for way in ways])
        try:
            yield
        finally:
            self._call(lambda: [self._open[way].set() for way in ways])

    @contextlib.contextmanager
    def delaying(self, seconds):
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    @contextlib.contextmanager
    def losing_answers(self, word):
        self._word = word
        try:
            yield
        finally:
            self._word = None

    # ---- on the loop's thread ----

    def _call(self, function):
        """Runs it there, and waits until it has been."""
        done = threading.Event()

        def call():
            function()
            done.set()

        self._loop.call_soon_threadsafe(call)
        done.wait()

    def _run(self, started):
        self._loop.run_until_complete(self._serve(started))
        self._loop.close()

    async def _serve(self, started):
        self._stopped = asyncio.Event()
        self._open = {"up": asyncio.Event(), "down": asyncio.Event()}
        for way in self._open.values():
            way.set()
        listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        started.set()
        await self._stopped.wait()
        listener.close()
        for way in self._open.values():
            way.set()
        self._cut()
        passing = asyncio.all_tasks() - {asyncio.current_task()}
        if passing:
            await asyncio.wait(passing, timeout=STOP_SECONDS)

    def _cut(self):
        for writer in [writer for pair in self._pairs for writer in pair]:
            reset(writer)

    async def _accept(self, reader, writer):
        if self._refuses:
            reset(writer)
            return
        try:
            above = await asyncio.open_connection(*self._server)
        except OSError:
            reset(writer)  # the server is away: so are we
            return
        pair = (writer, above[1])
        self._pairs.add(pair)
        try:
            said = set()  # the word, once it went up on this connection
            await asyncio.gather(self._pass(reader, above[1], "up", said),
                                 self._pass(above[0], writer, "down", said))  # fmt: skip
        except OSError:
            pass  # one side is gone: the other is cut as well
        finally:
            self._pairs.discard(pair)
            for end in pair:
                reset(end)

    async def _pass(self, reader, writer, way, said):
        while piece := await reader.read(PIECE):
            if way == "up" and self._word and self._word in piece.lower():
                said.add(self._word)
            if way == "down" and self._word and self._word in said:
                self.lost += 1
                raise ConnectionResetError
            if self._delay:
                await asyncio.sleep(self._delay)
            await self._open[way].wait()
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


def reset(writer):
    """Ends a connection at once, whatever was on its way."""
    end = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
