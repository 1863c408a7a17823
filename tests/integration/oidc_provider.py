"""This module is a small OpenID Connect provider on the loopback: it lets everybody in as the person it was told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID, CODE, ACCESS = "hypercare", "one-time-code", "access-token"
KEY = "a secret of more than thirty-two bytes, for HS256"


class _Handler(BaseHTTPRequestHandler):
    """The five addresses a client needs."""

    person: dict[str, object]

    def do_GET(self) -> None:
        """Discovery, consent, and who it is."""
        where = urlsplit(self.path)
        base = f"http://{self.headers['Host']}"
        if where.path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            ends = {f"{name}_endpoint": f"{base}/{path}" for name, path in names.items()}
            self._answer(ends | {"issuer": base, "jwks_uri": f"{base}/keys"})
        elif where.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(where.query).items()}
            assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
            back = urlencode({"code": CODE, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        elif self.headers.get("Authorization") == f"Bearer {ACCESS}":
            self._answer(self.person)

    def do_POST(self) -> None:
        """The tokens for a code."""
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert sent["code"] == [CODE]
        now = datetime.now(tz=UTC)  # noqa: TID251 - the provider's own clock
        claims = self.person | {
            "iss": f"http://{self.headers['Host']}",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + timedelta(minutes=5),
        }
        token = jwt.encode(claims, KEY, algorithm="HS256")
        self._answer({"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _answer(self, body: dict[str, object]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@contextmanager
def provider(person: dict[str, object]) -> Iterator[str]:
    """The address of a provider that vouches for `person` until the end of the block."""
    handler = type("Handler", (_Handler,), {"person": person})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
