"""A way to the simulator that is not as it should be: a proxy of one server, over TLS or not, whose
answers may trickle.

    door = Door(simulator.url)                       # door.port is where the programs connect
    door.slow = (b"POST /api/v1/chats ",)            # a byte a second of the answers to these
    door = Door(simulator.url, certificate, key)     # over TLS
"""

import select
import socket
import ssl
import threading
import urllib.parse

PIECE = 1 << 16
SECONDS_A_BYTE = 1


class Door:
    def __init__(self, url, certificate=None, key=None):
        parts = urllib.parse.urlsplit(url)
        self._server = (parts.hostname, parts.port)
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, key)
        self.slow = ()  # how the requests begin
        self.trickled = 0
        self._closed = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._closed.set()
        self._socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                client.settimeout(30)
                if self._context:
                    client = self._context.wrap_socket(client, server_side=True)
                with client, socket.create_connection(self._server) as server:
                    self._pass(client, server)
            except OSError:
                pass  # one side is gone

    def _pass(self, client, server):
        slow = False
        while True:
            ready = [client] if self._context and client.pending() else []
            ready = ready or select.select([client, server], [], [])[0]
            for source in ready:
                piece = source.recv(PIECE)
                if not piece:
                    return
                if source is server:
                    self._answer(client, piece, slow)
                else:
                    slow = slow or piece.startswith(self.slow)
                    server.sendall(piece)

    def _answer(self, client, piece, slow):
        self.trickled += slow
        for at in range(len(piece)) if slow else ():
            client.sendall(piece[at : at + 1])
            if self._closed.wait(SECONDS_A_BYTE) or select.select([client], [], [], 0)[0]:
                raise ConnectionError("the caller has left, or shall")
        if not slow:
            client.sendall(piece)
