"""A Kafka with users, passwords, keys and rights, for integration tests."""

import functools
import os

from kafka_wire import change_acls
from ports import free_port
from servers import Kafka
from waiting import run

PASSWORD = "of-a-test"
# The listeners: for the test itself, by password, and by key as a cluster of Strimzi has it.
PROPERTIES = """\
listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CONTROLLER@,\\
 SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls}
advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL
listener.name.tls.ssl.client.auth=required
listener.name.tls.ssl.keystore.type=PEM
listener.name.tls.ssl.keystore.location={keys}/broker.pem
listener.name.tls.ssl.truststore.type=PEM
listener.name.tls.ssl.truststore.location={keys}/ca.crt
listener.name.tls.ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=\\
 org.apache.kafka.common.security.plain.PlainLoginModule required {users};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


def make_keys(folder):
    """An authority, the broker's key, and that of sam-operator, as Strimzi's Secrets have them."""
    os.makedirs(folder)
    path = functools.partial(os.path.join, folder)
    new = ("openssl", "req", "-newkey", "rsa:2048", "-nodes")
    run(*new, "-x509", "-days", "9", "-subj", "/CN=ca", "-keyout", path("ca.key"),
        "-out", path("ca.crt"))  # fmt: skip
    with open(path("names"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    for name, common_name in (("broker", "broker"), ("user", "sam-operator")):
        run(*new, "-subj", f"/CN={common_name}", "-keyout", path(name + ".key"),
            "-out", path(name + ".csr"))  # fmt: skip
        run("openssl", "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.crt"),
            "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "9",
            "-extfile", path("names"), "-out", path(name + ".crt"))  # fmt: skip
    with open(path("broker.pem"), "w", encoding="utf-8") as file:
        for name in ("broker.key", "broker.crt"):
            with open(path(name), encoding="utf-8") as part:
                file.write(part.read())


class KafkaWithRights(Kafka):
    """Who comes without a password may do everything; who has one, or a key, may do what he was
    given."""

    def __init__(self, folder, users):
        super().__init__(folder, private=True)
        sasl, tls = free_port(), free_port()
        self.secured, self.by_key = f"127.0.0.1:{sasl}", f"127.0.0.1:{tls}"
        self.keys = folder + "-keys"
        make_keys(self.keys)
        path = folder + ".properties"
        users = " ".join(f'user_{user}="{PASSWORD}"' for user in users)
        with open(path, "w", encoding="utf-8") as file:
            file.write(PROPERTIES.format(sasl=sasl, tls=tls, keys=self.keys, users=users))
        self.environment["SAM_TEST_BROKER_MORE"] = path

    def acl(self, verb, decision, users, operations, topics=(), groups=()):
        """verb: add or remove; decision: allow or deny, which counts more."""
        resources = [("topic", name) for name in topics] + [("group", name) for name in groups]
        change_acls(self.address, verb, decision, users, operations, resources)
