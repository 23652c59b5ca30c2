# SPDX-License-Identifier: Apache-2.0
"""Real servers that take messages, on loopback and in this process: mail (aiosmtpd) and a web service."""
import asyncio
import email
import email.policy
import http.server
import json
import logging
import pathlib
import ssl
import subprocess
import threading
import warnings

from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

logging.getLogger("mail.log").disabled = True  # of clients that end before they said who they are
warnings.filterwarnings("ignore", module="aiosmtpd")
USER, PASSWORD = "canh-bao", "mat-khau-thu-rieng"


def make_certificates(folder, names="DNS:localhost,IP:127.0.0.1"):
    """A CA and a certificate of it for these names: the paths of ca.pem and server.pem."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", *key, "-days", "30", "-subj", "/CN=saoluu-test-ca", "-keyout", "ca.key",
            "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", *key, "-subj", "/CN=mail", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text(f"subjectAltName={names}")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "30", "-out", "server.crt", "-extfile", "names")
    (folder / "server.pem").write_text((folder / "server.crt").read_text() +
                                       (folder / "server.key").read_text())
    return folder / "ca.pem", folder / "server.pem"


class MailServer(Message):
    """SMTP with STARTTLS and AUTH, or TLS from the start. What a recipient's name says is done:
    reject@ 550, later@ 451, drop@ closes the connection."""

    def __init__(self, certificate=None, from_the_start=False, auth=True):
        super().__init__()
        self.letters, self.answers, self.auth = [], {}, auth
        context = None
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
        self.loop = asyncio.new_event_loop()
        made = self.loop.create_server(
            lambda: SMTP(self, tls_context=None if from_the_start else context,
                         authenticator=self.authenticate,
                         # asked for before MAIL
                         auth_required=auth, auth_require_tls=certificate is not None and
                         not from_the_start, hostname="localhost", loop=self.loop),
            "127.0.0.1", 0, ssl=context if from_the_start else None)
        self.server = self.loop.run_until_complete(made)
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(self, server, _session, envelope, address, _options):
        who = address.split("@")[0]
        if who == "reject":
            return "550 5.1.1 no such user"
        if who == "later":
            return "451 4.3.0 try again later"
        if who == "drop":
            server.transport.close()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def prepare_message(self, session, envelope):
        """As Message does, but the bytes are kept too, and read with the modern policy."""
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        letter.raw = envelope.content
        letter.envelope_to = list(envelope.rcpt_tos)
        letter.envelope_from = envelope.mail_from
        letter.over_tls = session.ssl is not None
        return letter

    def handle_message(self, message):
        self.letters.append(message)

    def close(self):
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


class WebService(http.server.ThreadingHTTPServer):
    """Answers each POST with self.status and keeps what came."""
    daemon_threads = True

    def __init__(self, certificate=None):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.posts.append((self.path, dict(self.headers), body))
                self.send_response(service.status)
                if service.location:
                    self.send_header("Location", service.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.posts, self.status, self.location = [], 204, None
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):  # of those that do not trust our certificate
        pass

    def objects(self):
        return [json.loads(body) for _, _, body in self.posts]

    def close(self):
        self.shutdown()
        self.server_close()
