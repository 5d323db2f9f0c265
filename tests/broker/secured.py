"""A real broker whose listeners ask who one is: SASL over TLS, mutual TLS, and ACLs behind both.

    with SecuredBroker() as b:
        b.bootstrap                       # PLAINTEXT, for the test itself: whoever is not named may do everything
        b.sasl, b.tls                     # addresses that want a password, a certificate
        b.certs / "ca.crt"                # what clients trust; other-ca.crt: what they should not
        b.set_password("app", "secret")   # by SCRAM-SHA-512; PLAIN's are those of PLAIN_USERS
        b.allow(["User:app", "User:CN=client"], "crm", "tidemark")

Certificates are made by openssl for each broker: ca, server (127.0.0.1, localhost), client, other-ca, other.
"""

import shutil
import subprocess

import broker

PLAIN_USERS = {"app": "plain secret of app"}


def make_certificates(directory):
    if shutil.which("openssl") is None:
        raise broker.BrokerUnavailable("no openssl in PATH to make certificates with")
    directory.mkdir()

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def request(name, *words):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", *words)

    (directory / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    for ca, names in (("ca", ("server", "client")), ("other-ca", ("other",))):
        request(ca, "-x509", "-days", "2", "-out", f"{ca}.crt")
        for name in names:
            request(name, "-out", f"{name}.csr")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "2",
                    "-out", f"{name}.crt", "-extfile", "names")
    parts = ("server.key", "server.crt", "ca.crt")
    (directory / "server.pem").write_text("".join((directory / part).read_text() for part in parts))


class SecuredBroker(broker.Broker):
    def __init__(self):
        super().__init__(start=False)
        try:
            self.certs = self.dir / "certs"
            make_certificates(self.certs)
            ports = [port for port in broker.free_ports(4) if port not in (self.port, self._controller_port)]
            self.sasl, self.tls = (f"127.0.0.1:{port}" for port in ports[:2])
            (self.dir / "extra.properties").write_text(self._properties())
            self.start()
        except BaseException:
            self.close()
            raise

    def _properties(self):
        listeners = f"PLAINTEXT://{self.bootstrap},SASL_SSL://{self.sasl},SSL://{self.tls}"
        users = " ".join(f'user_{name}="{password}"' for name, password in PLAIN_USERS.items())
        module = "org.apache.kafka.common.security"
        lines = {
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": listeners,
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL,SSL:SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": f"{module}.plain.PlainLoginModule required {users};",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.certs / "server.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.certs / "ca.crt",
            "listener.name.ssl.ssl.client.auth": "required",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        for mechanism in ("scram-sha-256", "scram-sha-512"):
            lines[f"listener.name.sasl_ssl.{mechanism}.sasl.jaas.config"] = f"{module}.scram.ScramLoginModule required;"
        return "".join(f"{key}={value}\n" for key, value in lines.items())

    def set_password(self, user, password, mechanism="SCRAM-SHA-512"):
        self._tool("kafka.admin.ConfigCommand", "--alter", "--entity-type", "users", "--entity-name", user,
                   "--add-config", f"{mechanism}=[password={password}]")

    def allow(self, principals, topic, group):
        """What a reader needs, and no more: READ and DESCRIBE of the topic, READ of the group."""
        who = [word for principal in principals for word in ("--allow-principal", principal)]
        self._tool("kafka.admin.AclCommand", "--add", *who, "--consumer", "--topic", topic, "--group", group)

    def allow_writing(self, principals, topic):
        """What a writer needs: WRITE and DESCRIBE of the topic."""
        who = [word for principal in principals for word in ("--allow-principal", principal)]
        self._tool("kafka.admin.AclCommand", "--add", *who, "--producer", "--topic", topic)

    def _tool(self, name, *words):
        done = subprocess.run([broker.SCRIPT, "tool", name, "--bootstrap-server", self.bootstrap, *words], env=self._env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stdout[-2000:]}")
