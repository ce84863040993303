"""A server whose certificate has expired: the program says so in one line, and is unready."""

import os
import socket
import ssl
import threading
import unittest

import sam_test
from campaign_test import HELLO, CampaignTest


def make_certificate(folder):
    """Of yesterday and before; who trusts it finds nothing else wrong with it."""
    key, request, certificate = (os.path.join(folder, name) for name in ("key", "csr", "crt"))
    names = os.path.join(folder, "names")
    with open(names, "w", encoding="utf-8") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    sam_test.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
                 "-keyout", key, "-out", request)  # fmt: skip
    sam_test.run("openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "-1",
                 "-extfile", names, "-out", certificate)  # fmt: skip
    return key, certificate


class TlsServer:
    """Shakes hands and nothing more; after Postgres' own question, if it comes."""

    def __init__(self, key, certificate):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._shake, args=(connection,), daemon=True).start()

    def _shake(self, connection):
        with connection:
            try:
                connection.settimeout(10)
                first = connection.recv(1, socket.MSG_PEEK)
                if first == b"\0":  # SSLRequest: its length, then a number
                    connection.recv(8)
                    connection.sendall(b"S")
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(1)
            except OSError:
                pass

    def close(self):
        self._socket.close()


class Expired(CampaignTest):
    def setUp(self):
        super().setUp()
        key, self.certificate = make_certificate(self.folder)
        self.server = TlsServer(key, self.certificate)
        self.addCleanup(self.server.close)
        self.address = f"127.0.0.1:{self.server.port}"

    def assert_told(self, daemon, word):
        self.wait_for("the reason", lambda: "certificate" in daemon.get("/readyz")[1])
        status, reasons = daemon.get("/readyz")
        self.assertEqual(status, 503)
        self.assertRegex(reasons, rf"(?m)^{word}: .*expired")
        self.assertEqual(daemon.stop(), 0)

    def test_of_postgres(self):
        self.prepare()
        conninfo = (f"host=127.0.0.1 port={self.server.port} dbname=x sslmode=verify-full "
                    f"sslrootcert={self.certificate}")  # fmt: skip
        for start in (self.start_worker, self.start_producer):
            daemon = start(ready=False, SAM_POSTGRES_CONNINFO=conninfo)
            self.assert_told(daemon, "postgres")

    def test_of_kafka(self):
        self.prepare()
        properties = f"security.protocol=SSL,ssl.ca.location={self.certificate}"
        for start in (self.start_worker, self.start_producer):
            daemon = start(ready=False, SAM_KAFKA_BOOTSTRAP_SERVERS=self.address,
                           SAM_KAFKA_PROPERTIES=properties)  # fmt: skip
            self.assert_told(daemon, "kafka")

    def test_of_unipile(self):
        """Found at the first calls, which were never made: nobody is used up."""
        self.prepare()
        self.campaign("c", "messenger", HELLO, 2)
        daemon = self.start_worker(SAM_UNIPILE_BASE_URL=f"https://{self.address}",
                                   SAM_LIMITS_SPACING="30s")  # fmt: skip
        self.start_producer()
        self.assert_told(daemon, "unipile")


if __name__ == "__main__":
    unittest.main()
