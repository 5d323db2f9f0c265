#!/usr/bin/python3
"""The real daemon behind TLS, client certificates and basic auth; rotated certificates and users without a restart."""

import base64
import http.client
import shutil
import ssl
import subprocess
import unittest

import harness

CONFIG = """
kafka: {brokers: "127.0.0.1:1"}
topics: [crm]
limits: {memory: 128MiB, min_free_disk: 1MiB}
kpis: [{name: leads, help: Leads., on: lead.created, count: true, windows: [1h]}]
"""
# Made by htpasswd -nbBC 10 prometheus s3cret-of-prometheus
HASH = "$2y$10$v/serF0wj4hBKJmqC07LTuRgvkUbO93WZm1/29mMn2InZxNpwR0um"
PASSWORD = "s3cret-of-prometheus"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    """Who signs certificates, in a directory."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name
        self.cert, self.key = directory / f"{name}.pem", directory / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout", self.key,
                "-out", self.cert, "-subj", f"/CN={name}")

    def sign(self, name, usage, san, serial):
        """The files (certificate, key) of `name`."""
        cert, key, request, ext = (self.directory / f"{name}.{end}" for end in ("crt", "key", "csr", "ext"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
                "-subj", f"/CN={name}")
        ext.write_text(f"extendedKeyUsage={usage}\nsubjectAltName={san}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-days", "2", "-set_serial", str(serial),
                "-extfile", ext, "-out", cert)
        return cert, key


class WebConfig(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("openssl") is None:
            raise unittest.SkipTest("no openssl in PATH (Debian: openssl)")
        cls.dir = harness.temp_dir("web-config")
        cls.ours = Authority(cls.dir, "ours")
        cls.theirs = Authority(cls.dir, "theirs")
        cls.first = cls.ours.sign("first", "serverAuth", "DNS:localhost,IP:127.0.0.1", 1)
        cls.second = cls.ours.sign("second", "serverAuth", "DNS:localhost,IP:127.0.0.1", 2)
        cls.client = cls.ours.sign("client", "clientAuth", "DNS:prometheus.monitoring", 3)
        cls.other = cls.ours.sign("other", "clientAuth", "DNS:other", 4)
        cls.stranger = cls.theirs.sign("stranger", "clientAuth", "DNS:prometheus.monitoring", 5)

    def setUp(self):
        self.web = self.dir / f"{self.id().rsplit('.')[-1]}.yml"
        self.daemon = None
        self.addCleanup(lambda: self.daemon and self.daemon.kill())

    def start(self, text):
        self.web.write_text(text)
        self.daemon = harness.Daemon(CONFIG, "web-config", [f"--web.config.file={self.web}"])
        self.daemon.start()

    def server(self, pair=None):
        cert, key = pair or self.first
        for source, name in ((cert, "server.crt"), (key, "server.key")):
            shutil.copy(source, self.dir / name)
        return "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"

    def ask(self, path="/-/healthy", client=None, password=None, version=None):
        """(status, headers, certificate's serial number)."""
        context = ssl.create_default_context(cafile=str(self.ours.cert))
        if client:
            context.load_cert_chain(*map(str, client))
        if version:
            context.maximum_version = version
        connection = http.client.HTTPSConnection("localhost", self.daemon.port, timeout=10, context=context)
        connection.connect()
        serial = int(connection.sock.getpeercert()["serialNumber"], 16)
        headers = {}
        if password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"prometheus:{password}".encode()).decode()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers, serial

    def test_tls_of_the_versions_that_are_allowed_and_nothing_else(self):
        self.start(self.server() + "  min_version: TLS13\nhttp_server_config:\n  headers:\n    Strict-Transport-Security: max-age=60\n")
        status, headers, serial = self.ask()
        self.assertEqual((status, headers["Strict-Transport-Security"], serial), (200, "max-age=60", 1))
        with self.assertRaises(ssl.SSLError):
            self.ask(version=ssl.TLSVersion.TLSv1_2)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            plain = http.client.HTTPConnection("localhost", self.daemon.port, timeout=10)
            plain.request("GET", "/metrics")
            plain.getresponse()

    def test_certificates_are_rotated_while_it_runs_and_bad_ones_refused(self):
        self.start(self.server())
        self.assertEqual(self.ask()[2], 1)
        self.server(self.second)
        harness.wait_for(lambda: self.ask()[2] == 2, lambda: "the new certificate; the log:\n" + self.daemon.log()[-2000:], 30, 0.3)
        self.assertEqual(self.gauge("tidemark_web_config_last_reload_successful"), 1)
        shutil.copy(self.first[0], self.dir / "server.crt")  # and the second's key
        harness.wait_for(lambda: self.gauge("tidemark_web_config_last_reload_successful") == 0, "the refusal as a metric", 30, 0.3)
        self.assertEqual(self.ask()[2], 2)
        self.assertIn("the old one stays in use", self.daemon.log())
        self.web.write_text("tls_server_config: {cert_fil: x}\n")
        harness.wait_for(lambda: 'unknown key "cert_fil"' in self.daemon.log(), "the mistake, with its place", 30, 0.3)
        self.assertEqual(self.ask()[0], 200)

    def test_client_certificates_by_signer_use_and_name(self):
        self.start(self.server() + "  client_ca_file: ours.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
                                   "  client_allowed_sans: [prometheus.monitoring]\n")
        self.assertEqual(self.ask(client=self.client)[0], 200)
        for name, pair in (("none", None), ("another name", self.other), ("another signer", self.stranger), ("a server's", self.first)):
            with self.subTest(name):
                self.assertEqual(self.ask("/metrics", client=pair)[0], 403)

    def test_passwords_over_tls_and_what_is_never_shown(self):
        self.start(self.server() + f"basic_auth_users:\n  prometheus: {HASH}\n")
        for path in ("/metrics", "/", "/-/healthy", "/-/ready", "/api/v1/status", "/nowhere"):
            self.assertEqual(self.ask(path)[0], 401, path)
        self.assertEqual(self.ask("/metrics", password=PASSWORD)[0], 200)
        self.assertEqual(self.ask("/metrics", password=PASSWORD + "x")[0], 401)
        self.web.write_text(self.server() + "basic_auth_users: {}\n")
        harness.wait_for(lambda: self.ask("/metrics")[0] == 200, "no password any more", 30, 0.3)
        self.assertNotIn(PASSWORD, self.daemon.log())
        self.assertNotIn(HASH, self.daemon.log())

    def test_promtool_takes_and_refuses_what_we_do(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            self.skipTest("no promtool in PATH (Debian: prometheus)")
        config = harness.temp_dir("web-check") / "c.yaml"
        config.write_text(CONFIG)
        tls = self.server()
        rows = ((True, "{}"), (True, tls), (True, tls + f"basic_auth_users:\n  prometheus: {HASH}\n"),
                (True, tls + "  client_ca_file: ours.pem\n  client_auth_type: RequireAndVerifyClientCert\n"),
                (True, tls + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  curve_preferences: [CurveP256]\n"),
                (True, "http_server_config: {headers: {X-Frame-Options: deny}}\n"),
                (False, "tls_server_config: {cert_file: nowhere.crt, key_file: server.key}\n"),
                (False, tls + "  client_ca_file: ours.pem\n"), (False, tls + "  cipher_suites: [NONE]\n"),
                (False, "http_server_config: {headers: {X-Frame-Options: maybe}}\n"), (False, "unknown: 1\n"))
        for good, text in rows:
            with self.subTest(text):
                self.web.write_text(text)
                ours = subprocess.run([harness.binary(), "check-config", config, f"--web.config.file={self.web}"], check=False,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
                theirs = subprocess.run([promtool, "check", "web-config", self.web], check=False, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL).returncode
                self.assertEqual((ours, theirs), (0, 0) if good else (78, 1))

    def gauge(self, name):
        context = ssl.create_default_context(cafile=str(self.ours.cert))
        connection = http.client.HTTPSConnection("localhost", self.daemon.port, timeout=10, context=context)
        connection.request("GET", "/metrics")
        page = harness.Page(connection.getresponse().read().decode())
        connection.close()
        return page.number(name)


if __name__ == "__main__":
    harness.main()
