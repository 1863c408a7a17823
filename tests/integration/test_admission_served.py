"""These tests ask the served product, over the network, whether every way in looks at addresses, signatures and rates."""

import hashlib
import hmac
import http.client
import json

import pytest

from gateway_ingest import sources
from gateway_ingest.models import Alert, Source
from hypercare.core import clock
from hypercare.core.sealing import seal
from hypercare.core.timeline import SYSTEM

ALERT = json.dumps({"title": "Down", "severity": "high", "status": "firing", "fingerprint": "f1"})


@pytest.fixture
def post(transactional_db, site, launch):
    source, key = sources.create(launch, name="gateway", actor=SYSTEM, now=clock.now())

    def send(body=ALERT, *, facts=None, **headers):
        if facts:
            Source.objects.filter(pk=source.pk).update(**facts)
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
        connection.request("POST", f"/ingest/{key}/generic/", body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    return send


def test_address_is_the_connections_own_whatever_a_header_says(post):
    outside = {"allowed_networks": ["198.51.100.0/24"]}
    assert post(facts=outside).status == 403
    assert post(**{"X-Forwarded-For": "198.51.100.7"}).status == 403
    assert Alert.objects.count() == 0
    assert post(facts={"allowed_networks": ["127.0.0.0/8"]}).status == 202


def test_body_has_to_be_signed_where_the_source_says_so(post):
    facts = {"signing_secret": seal("a shared secret"), "signature_header": "x-signature", "signed_only": True}
    made = hmac.new(b"a shared secret", ALERT.encode(), hashlib.sha256).hexdigest()
    assert post(facts=facts).status == 403
    assert post(**{"X-Signature": "00" + made[2:]}).status in {403, 202 if made.startswith("00") else 403}
    assert post(**{"X-Signature": made}).status == 202


def test_flood_is_told_when_to_come_again(post):
    many = json.dumps([json.loads(ALERT) | {"fingerprint": f"f{number}"} for number in range(500)])
    assert post(many, facts={"rows_a_second": 1}).status == 202
    late = post()
    assert (late.status, int(late.getheader("Retry-After")) >= 1) == (503, True)
