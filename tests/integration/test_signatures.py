"""These tests sign messages as senders do, with a secret or a certificate made here, and let errands run with no network."""

import base64
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import Store
from django.test import Client
from standardwebhooks import Webhook

from gateway_ingest import sns, sources
from gateway_ingest.models import Alert, DeadLetter, SigningCertificate, Source, TopicSubscription
from hypercare.core.models import TimelineEntry
from hypercare.core.outgoing import Answered, Unreachable
from hypercare.core.timeline import SYSTEM
from tests.conftest import NOW

CERTIFICATE = "https://sns.eu-north-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
SUBSCRIBE = "https://sns.eu-north-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=t&Token=tok"
ISSUER = "http://crt.r2m01.amazontrust.com/r2m01.cer"
TOPIC = "arn:aws:sns:eu-north-1:123456789012:shop"
SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-nine bytes").decode()
ALARM = {"AlarmName": "ImagesErrors", "AlarmArn": "arn:alarm", "NewStateValue": "ALARM"}
ORDER = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
ALGORITHM = {"1": hashes.SHA1(), "2": hashes.SHA256()}


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="module")
def key_pair():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def authority():
    """A root, and one below it that issues the service's certificates."""
    root, middle = (ec.generate_private_key(ec.SECP256R1()) for _each in range(2))
    of_root = certificate("Root", root, issuer=("Root", root), is_authority=True)
    of_middle = certificate("Middle", middle, issuer=("Root", root), is_authority=True)
    return SimpleNamespace(key=middle, certificate=of_middle, trusted=Store([of_root]))


def certificate(name, key, *, issuer, is_authority=False, hosts=(), until=NOW + timedelta(days=30), place=ISSUER):
    """A certificate as public authorities make them."""
    name, above = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer[0]))
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[1].public_key())
    usage = dict.fromkeys(("content_commitment", "data_encipherment", "key_agreement", "encipher_only",
        "decipher_only"), False)  # fmt: skip
    usage |= {"key_cert_sign": is_authority, "crl_sign": is_authority, "digital_signature": not is_authority}
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(key_encipherment=not is_authority, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(of_issuer, critical=False)
    )
    if hosts:
        places = [
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(place))
        ]
        built = (
            built.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityInformationAccess(places), critical=False)
        )
    return built.sign(issuer[1], hashes.SHA256())


@pytest.fixture
def issued(key_pair, authority):
    """A certificate for the key that signs messages, as text."""

    def issue(*hosts, by=None, **more):
        made = certificate("sns", key_pair, issuer=("Middle", by or authority.key), hosts=hosts, **more)
        return made.public_bytes(Encoding.PEM).decode()

    return issue


@pytest.fixture
def pem(issued):
    return issued("sns.amazonaws.com")


@pytest.fixture
def errands(authority):
    def run(now, outside):
        outside.answers.setdefault("issuer", Answered(200, {}, authority.certificate.public_bytes(Encoding.DER)))
        return sns.run_errands(clock=lambda: now, fetch=outside, trusted=authority.trusted)

    return run


@pytest.fixture
def source(launch, now):
    source, source.key = sources.create(launch, name="Alarms", actor=SYSTEM, now=now)
    return source


@pytest.fixture
def signed(key_pair):
    def sign(kind="Notification", *, version="1", **changes):
        message = {
            "Type": kind,
            "MessageId": "m-1",
            "TopicArn": TOPIC,
            "Message": json.dumps(ALARM),
            "Timestamp": "2026-05-28T12:20:00.000Z",
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
        }
        if kind == "SubscriptionConfirmation":
            message |= {"Token": "tok", "SubscribeURL": SUBSCRIBE}
        message |= changes
        lines = "".join(f"{name}\n{message[name]}\n" for name in ORDER[kind] if name in message)
        signature = key_pair.sign(lines.encode(), padding.PKCS1v15(), ALGORITHM[version])
        return message | {"Signature": base64.b64encode(signature).decode()}

    return sign


@pytest.fixture
def known(pem, now):
    SigningCertificate.objects.create(url=CERTIFICATE, pem=pem, asked_at=now, not_before=now, handled_at=now)


class Outside:
    """Answers as the service would, and remembers what was asked."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __call__(self, url):
        self.asked.append(url)
        what = {"m": "certificate", "r": "issuer"}.get(url[-1], "confirm")
        found = self.answers.get(what)
        if found is None:
            raise Unreachable("The host is not known.")
        return found


def post(source, message, **headers):
    body = message if isinstance(message, str) else json.dumps(message)
    return Client().post(f"/ingest/{source.key}/", body, content_type="application/json", headers=headers)


# --- notifications ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "2"])
def test_genuine_notification_is_taken(source, signed, known, version):
    assert post(source, signed(version=version, Subject="ALARM")).json()["accepted"] == 1
    assert Alert.objects.get().title == "ImagesErrors"


@pytest.mark.parametrize(
    "changes",
    [
        {"Message": json.dumps(ALARM | {"AlarmName": "Forged"})},
        {"Timestamp": "2026-05-28T12:21:00.000Z"},
        {"Signature": "bm90aGluZw=="},
        {"Signature": "no base64 !"},
        {"SignatureVersion": "2"},
        {"SignatureVersion": "9"},
    ],
)
def test_wrong_signature_is_refused_and_nothing_of_it_is_kept(source, signed, known, changes):
    answer = post(source, signed() | changes)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert (Alert.objects.count(), DeadLetter.objects.get().body) == (0, "")


def test_certificate_that_ended_signs_nothing(source, signed, known, clock):
    clock.shift(timedelta(days=31))
    assert post(source, signed()).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-north-1.amazonaws.com/SimpleNotificationService-01.pem",
        "https://sns.eu-north-1.amazonaws.com.evil.example/SimpleNotificationService-01.pem",
        "https://evil.example/SimpleNotificationService-01.pem",
        "https://sns.eu-north-1.amazonaws.com@evil.example/SimpleNotificationService-01.pem",
        "https://sns.eu-north-1.amazonaws.com:444/SimpleNotificationService-01.pem",
        "https://sns.eu-north-1.amazonaws.com/?Action=Anything",
        "https://[::1/",
        7,
    ],
)
def test_certificate_of_another_place_is_refused_and_never_asked_for(source, signed, url, now, errands):
    assert post(source, signed() | {"SigningCertURL": url}).status_code == 403
    outside = Outside()
    assert (errands(now, outside), outside.asked, Alert.objects.count()) == (0, [], 0)


def test_first_notification_is_taken_by_its_key_and_the_certificate_is_fetched_for_the_next(
    source, signed, pem, now, errands
):
    assert post(source, signed()).json()["accepted"] == 1
    outside = Outside(certificate=Answered(200, {}, pem.encode()))
    assert errands(now, outside) == 1
    assert outside.asked == [CERTIFICATE, ISSUER]
    assert post(source, signed(MessageId="m-2") | {"Message": "{}"}).status_code == 403


def test_source_of_signed_messages_only_waits_for_the_certificate(source, signed, pem, now, errands):
    Source.objects.filter(pk=source.pk).update(signed_only=True, topics=[TOPIC])
    answer = post(source, signed())
    assert (answer.status_code, answer["Retry-After"], Alert.objects.count()) == (503, "10", 0)
    errands(now, Outside(certificate=Answered(200, {}, pem.encode())))
    assert post(source, signed()).json()["accepted"] == 1


@pytest.mark.parametrize("payload", [ALARM, {"title": "x", "status": "firing"}])
def test_source_of_signed_messages_only_refuses_what_has_no_signature(source, payload):
    Source.objects.filter(pk=source.pk).update(signed_only=True)
    assert post(source, payload).status_code == 403
    logs = Client().post(f"/ingest/{source.key}/otlp/v1/logs", "{}", content_type="application/json")
    assert (logs.status_code, Alert.objects.count()) == (403, 0)


# --- subscriptions ------------------------------------------------------------------------------------------


def test_genuine_topic_is_confirmed_by_an_errand_and_never_in_the_request(source, signed, pem, now, errands):
    answer = post(source, signed("SubscriptionConfirmation", Message="Confirm?"))
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    waiting = TopicSubscription.objects.get()
    assert waiting.handled_at is None
    outside = Outside(certificate=Answered(200, {}, pem.encode()), confirm=Answered(200, {}, b"<ok/>"))
    errands(now, outside)
    waiting.refresh_from_db()
    assert outside.asked == [CERTIFICATE, ISSUER, SUBSCRIBE]
    assert (waiting.handled_at, waiting.message, waiting.outcome) == (now, {}, "")
    assert TimelineEntry.objects.get(kind="source.subscribed").data == {"topic": waiting.topic}
    assert (errands(now, outside), len(outside.asked)) == (0, 3)


def test_forged_topic_is_not_confirmed(source, signed, pem, now, errands):
    forged = signed("SubscriptionConfirmation", Message="Confirm?") | {"Token": "other"}
    assert post(source, forged).status_code == 202
    outside = Outside(certificate=Answered(200, {}, pem.encode()), confirm=Answered(200, {}, b""))
    errands(now, outside)
    assert outside.asked == [CERTIFICATE, ISSUER]
    assert "The signature of the subscription is wrong" in DeadLetter.objects.get().reason
    assert post(source, forged).status_code == 403


@pytest.mark.parametrize("url", ["https://evil.example/confirm", "https://169.254.169.254/latest", None])
def test_topic_that_points_elsewhere_is_refused(source, signed, url):
    assert post(source, signed("SubscriptionConfirmation", Message="c") | {"SubscribeURL": url}).status_code == 403
    assert not TopicSubscription.objects.exists()


def test_errand_that_fails_is_tried_later_and_given_up_in_the_end(source, signed, known, now, errands):
    post(source, signed("SubscriptionConfirmation", Message="c"))
    outside = Outside()
    assert errands(now, outside) == 1
    assert errands(now, outside) == 0
    for day in range(1, 9):
        errands(now + timedelta(days=day), outside)
    waiting = TopicSubscription.objects.get()
    assert (waiting.attempts, waiting.outcome) == (sns.MAX_ATTEMPTS, "The host is not known.")
    assert "was not subscribed: The host is not known." in DeadLetter.objects.get().reason


def test_same_confirmation_sent_again_is_one_errand(source, signed, known):
    for _time in range(2):
        post(source, signed("SubscriptionConfirmation", Message="c"))
    assert TopicSubscription.objects.count() == 1


# --- whose certificate, which topic -------------------------------------------------------------------------


def test_certificate_of_another_issuer_host_or_time_signs_nothing(source, signed, issued, authority, now, errands):
    Source.objects.filter(pk=source.pk).update(signed_only=True, topics=[TOPIC])
    stranger = ec.generate_private_key(ec.SECP256R1())
    wrong = [
        issued("sns.amazonaws.com", by=stranger),
        issued("evil.example"),
        issued("sns.amazonaws.com", until=now - timedelta(hours=1)),
        issued("sns.amazonaws.com", place="http://evil.example/r2m01.cer"),
        "BEGIN CERTIFICATE",
    ]
    for pem in wrong:
        SigningCertificate.objects.all().delete()
        assert post(source, signed()).status_code == 503
        errands(now, Outside(certificate=Answered(200, {}, pem.encode())))
        assert SigningCertificate.objects.get().pem == ""
        assert post(source, signed()).status_code == 503
    assert Alert.objects.count() == 0


def test_certificate_may_be_for_its_own_region(source, signed, issued, now, errands):
    post(source, signed())
    pem = issued("sns.eu-north-1.amazonaws.com")
    errands(now, Outside(certificate=Answered(200, {}, pem.encode())))
    assert SigningCertificate.objects.get().pem == pem


def test_genuine_message_of_a_topic_that_is_not_the_sources_is_refused(source, signed, known):
    Source.objects.filter(pk=source.pk).update(signed_only=True, topics=[TOPIC])
    assert post(source, signed()).status_code == 202
    for kind in ("Notification", "SubscriptionConfirmation"):
        theirs = signed(kind, TopicArn=TOPIC.replace("1234", "9999"), MessageId="m-2")
        assert post(source, theirs).status_code == 403
    assert not TopicSubscription.objects.exists()
    Source.objects.filter(pk=source.pk).update(topics=[])
    assert post(source, signed(MessageId="m-3")).status_code == 403


def test_source_is_bound_to_the_first_topic_that_is_confirmed(source, signed, known, now, errands):
    Source.objects.filter(pk=source.pk).update(signed_only=True)
    for number, topic in enumerate((TOPIC, f"{TOPIC}-2")):
        message = signed("SubscriptionConfirmation", MessageId=f"m-{number}", TopicArn=topic, Message="c")
        assert post(source, message).status_code == 202
    errands(now, Outside(confirm=Answered(200, {}, b"")))
    source.refresh_from_db()
    assert source.topics == [TOPIC]
    assert "none of the topics on this source" in DeadLetter.objects.get().reason


def test_topics_are_edited_on_the_page(source, people):
    client = Client()
    client.force_login(people["lead"])
    address = f"/launches/shop/sources/{source.pk}/signing/"
    assert client.post(address, {"topics": f"{TOPIC}\n{TOPIC}-2, {TOPIC}", "signed_only": "on"}).status_code == 302
    source.refresh_from_db()
    assert source.topics == [TOPIC, f"{TOPIC}-2"]
    refused = client.post(address, {"topics": "my topic"})
    assert (refused.status_code, "is no topic" in refused.content.decode()) == (400, True)


# --- Standard Webhooks --------------------------------------------------------------------------------------


@pytest.fixture
def signing(launch, now):
    source, key = sources.create(launch, name="Signed", actor=SYSTEM, now=now, signing_secret=SECRET)
    source.key = key
    return source


MESSAGE = json.dumps({"type": "alert.firing", "timestamp": "2026-05-28T12:20:00Z", "data": {"title": "X", "id": "1"}})


def signature(body, now, secret=SECRET, name="msg_1"):
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, now, body),
    }


def test_signed_message_is_taken_and_its_secret_is_sealed(signing, now):
    assert post(signing, MESSAGE, **signature(MESSAGE, now)).json()["accepted"] == 1
    signing.refresh_from_db()
    assert SECRET not in signing.signing_secret
    assert Alert.objects.get().fingerprint == "1"


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", "nonsense", "v1,a b,c"])
def test_spoiled_signature_is_refused(signing, now, header, value):
    assert post(signing, MESSAGE, **signature(MESSAGE, now) | {header: value}).status_code == 403
    assert Alert.objects.count() == 0


def test_other_body_other_secret_or_an_old_message_is_refused(signing, now):
    other = "whsec_" + base64.b64encode(b"another secret of some bytes!").decode()
    old = now - timedelta(minutes=6)
    assert post(signing, MESSAGE.replace("X", "Y"), **signature(MESSAGE, now)).status_code == 403
    assert post(signing, MESSAGE, **signature(MESSAGE, now, other)).status_code == 403
    assert post(signing, MESSAGE, **signature(MESSAGE, old)).status_code == 403


def test_signed_json_of_another_format_is_checked_too(signing, now):
    Source.objects.filter(pk=signing.pk).update(signed_only=True)
    body = json.dumps({"title": "Night job", "status": "firing"})
    assert post(signing, body, **signature(body, now)).json()["accepted"] == 1
    assert post(signing, body.replace("Night", "Day"), **signature(body, now)).status_code == 403


def test_retry_under_one_webhook_id_is_a_duplicate(signing, now):
    post(signing, MESSAGE, **signature(MESSAGE, now))
    assert post(signing, MESSAGE, **signature(MESSAGE, now)).json() == {"accepted": 0, "duplicate": True}


def test_secret_is_set_when_a_source_is_made_and_changed_on_its_page(api, people):
    made = api.post("/api/v1/sources/", {"launch": "shop", "name": "S", "signing_secret": SECRET, "signed_only": True})
    assert (made.status_code, made.json()["signed_only"], "signing_secret" in made.json()) == (201, True, False)
    bad = api.post("/api/v1/sources/", {"launch": "shop", "name": "T", "signing_secret": "hello"})
    assert bad.status_code == 400
    source = Source.objects.get(name="S")
    client = Client()
    client.force_login(people["lead"])
    address = f"/launches/shop/sources/{source.pk}/signing/"
    assert client.post(address, {"secret": "whsec_short"}).status_code == 400
    assert client.post(address, {"forget": "on"}).status_code == 302
    source.refresh_from_db()
    assert (source.signing_secret, source.signed_only) == ("", False)
