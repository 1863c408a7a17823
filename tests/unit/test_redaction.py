"""Redaction: what disappears, what stays, that twice is once, and that no text makes it slow."""

import base64
import json
import random
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import luhn

from hypercare.core import redaction
from hypercare.core.redaction import redact, redact_value
from hypercare.core.strict_json import JSON

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA75Zf\nq1+/a==\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paid with 4111111111111111 today", "paid with [card removed] today"),
        ("card: 4111 1111 1111 1111, 12/27", "card: [card removed], 12/27"),
        ("5555-5555-5555-4444", "[card removed]"),
        ("amex 3782 822463 10005.", "amex [card removed]."),
        ("4222222222222", "[card removed]"),
        ("6011 0009 9013 9424 and 4111 1111 1111 1111", "[card removed] and [card removed]"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card removed]"),
        ("4111\u00a01111\u00a01111\u00a01111", "[card removed]"),
        ("room 1204 4111111111111111", "room 1204 [card removed]"),
        ("IBAN DE89 3704 0044 0532 0130 00 is mine", "IBAN [account removed] is mine"),
        ("gb82west12345698765432", "[account removed]"),
        ("SE45 5000 0000 0583 9825 7466", "[account removed]"),
    ],
)
def test_account_numbers_are_removed(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password: hunter2", "password: [password removed]"),
        ("Password = Summer2024!, then Enter", "Password = [password removed], then Enter"),
        ("pwd=a&b=c", "pwd=[password removed]&b=c"),
        ("DB_PASSWORD=s3cr3t", "DB_PASSWORD=[password removed]"),
        ('{"password":"x y\\"z","user":"a"}', '{"password":"[password removed]","user":"a"}'),
        ('{"password": 123456, "user": 1}', '{"password": "[password removed]", "user": 1}'),
        ('"{\\"password\\":\\"x\\"}"', '"{\\"password\\":\\"[password removed]\\"}"'),
        ("lösenord: kattungar", "lösenord: [password removed]"),
        ("my password is Winter99 and it fails", "my password is [password removed] and it fails"),
        ("PIN: 4711, CVC 123", "PIN: [password removed], CVC [password removed]"),
        ("<password>abc</password>", "<password>[password removed]</password>"),
        ("mysql --password hunter2 -h db", "mysql --password [password removed] -h db"),
        ("curl -u anna:hunter2 https://a.example", "curl -u anna:[password removed] https://a.example"),
        ("postgres://app:p@ss@db:5432/x", "postgres://[password removed]@db:5432/x"),
        ("https://0123456789abcdef0123@sentry.example/4", "https://[password removed]@sentry.example/4"),
    ],
)
def test_passwords_are_removed(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: [token removed]"),
        ('-H "authorization: Basic YTpi" -d x', '-H "authorization: [token removed]" -d x'),
        ('Authorization: Digest username="a", response="b"', "Authorization: [token removed]"),
        ("used bearer abcdef123456 there", "used bearer [token removed] there"),
        ("Basic dXNlcjpwYXNz", "Basic [token removed]"),
        ("Cookie: sid=1; theme=dark\nAccept: */*", "Cookie: [token removed]\nAccept: */*"),
        ("Set-Cookie: session=abc; HttpOnly", "Set-Cookie: [token removed]"),
        ("PHPSESSID=0123456789abcdef0123", "PHPSESSID=[token removed]"),
        ("/cb?code=abc123&state=ok", "/cb?code=[token removed]&state=ok"),
        ("https://x.example/a?sig=Zm9v&page=2#b", "https://x.example/a?sig=[token removed]&page=2#b"),
        ("?a=1&amp;access_token=q1w2e3", "?a=1&amp;access_token=[token removed]"),
        (f"token {JWT}.", "token [token removed]."),
        ("client_secret: hush", "client_secret: [token removed]"),
        ("accessToken: hush", "accessToken: [token removed]"),
        ('"refresh_token": "abc"', '"refresh_token": "[token removed]"'),
        (
            "see https://hooks.slack.com/services/T0/B0/Xyz1",
            "see https://hooks.slack.com/services/[token removed]",
        ),
    ],
)
def test_tokens_and_cookies_are_removed(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_" + "a1B2c3D4e5" * 3,
        "github_pat_11ABCDEFG0_" + "a1B2c3D4e5" * 3,
        "glpat-" + "a1B2c3D4e5" * 2,
        "xoxb-" + "123456789012-abcdefABCDEF",
        "hc_" + "Zx9-_kLmN8pQrStUvWx",
        "hcw_" + "Zx9-_kLmN8pQrStUvWx",
    ],
)
def test_issued_tokens_are_removed(secret: str) -> None:
    assert redact(f"it says {secret}, hm").text == "it says [token removed], hm"


@pytest.mark.parametrize(
    "secret",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "sk_live_" + "a1B2c3D4e5f6G7h8",
        "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
        "sk-proj-" + "a1B2c3D4e5f6G7h8i9J0",
        "sk-ant-api03-" + "a1B2c3D4e5f6G7h8i9J0",
        PEM,
        PEM.replace("\n", "\\n"),
        PEM[:60],
    ],
)
def test_keys_are_removed(secret: str) -> None:
    assert redact(f"it says {secret}").text == "it says [key removed]"


@pytest.mark.parametrize(
    "text",
    [
        "write to anna.berg+shop@example.org or call +46 70 123 45 67",
        "call +4917012345678 or 08-123 456 78",
        "order 100023456, parcel 00373500000000000012, HC-12, IS-4, PAY-402",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736, span 00f067aa0ba902b7",
        "traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "id 550e8400-e29b-41d4-a716-446655440000 and 41111111-1111-4111-8111-111111111111",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "at 2026-11-21 04:16:51.123 (1763698611123), version 10.4.2.1187",
        "barcode 4006381333931",
        "4111 1111 1111 1112 has a wrong check digit",
        "DE89 3704 0044 0532 0130 01 has wrong check digits",
        "password: is not accepted; Password reset: link is dead",
        "the password is wrong again, the token expired",
        "max_tokens: 4096, tokens=512, prompt_token_count=77, token: 4096",
        "basic functions fail, the bearer of this card, cookies: banner covers the page",
        "https://git@example.org/a.git?page=2&code=404 and ssh://git@example.org",
        "session: checkout, secret: sauce, author=anna, keyboard=se, spin 1234",
    ],
)
def test_what_helpers_need_stays(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).counts == {}


def test_counts_name_each_kind() -> None:
    text = "4111111111111111 password: a token=b1 token=c2"
    assert redact(text).counts == {"card": 1, "password": 1, "token": 2}


def test_members_named_like_secrets_lose_their_whole_value() -> None:
    value: JSON = {
        "DB_PASSWORD": "x",
        "x-api-key": ["a", "b"],
        "Set-Cookie": {"a": "b"},
        "clientSecret": 123,
        "http.request.header.authorization": "q",
        "tokens": 512,
        "token": None,
        "user": "anna",
    }
    assert redact_value(value).value == {
        "DB_PASSWORD": "[password removed]",
        "x-api-key": "[key removed]",
        "Set-Cookie": "[token removed]",
        "clientSecret": "[token removed]",
        "http.request.header.authorization": "[token removed]",
        "tokens": 512,
        "token": None,
        "user": "anna",
    }


def test_named_pairs_are_understood() -> None:
    headers: JSON = [{"name": "Cookie", "value": "a=b"}, {"name": "Accept", "value": "*/*"}]
    assert redact_value(headers).value == [
        {"name": "Cookie", "value": "[token removed]"},
        {"name": "Accept", "value": "*/*"},
    ]


def test_strings_numbers_and_names_inside_values_are_redacted() -> None:
    result = redact_value({"a": [4111111111111111, "pwd=x"], "4111111111111111": 1, "5555555555554444": 2})
    assert result.value == {
        "a": ["[card removed]", "pwd=[password removed]"],
        "[card removed]": 1,
        "[card removed] (2)": 2,
    }
    assert result.counts == {"card": 3, "password": 1}


PIECES = st.sampled_from(
    [
        "4111111111111111", "4111 1111 1111 1111", "DE89370400440532013000", "password", "pwd", "token", "secret",
        "api_key", "session", "cookie", "authorization", "bearer ", "basic ", "digest a=b", "pin ", "=", ":", ": ",
        '"', "'", "\\", "\\\"", " ", "\n", "?", "&", "code=", "https://", "a:b@", "@", "eyJhbGciOi.", "sk-", "hc_",
        "AKIAIOSFODNN7EXAMPLE", "a1B2c3D4e5f6G7h8", "-----BEGIN PRIVATE KEY-----", "-----END", "[card removed]",
        "[token removed]", "[password removed]", "removed]", "[", "x", "7", "-", ".", "_", "<", "</", ">", ",", ";",
        "{", "}", "is ", "null", "+", "ö", JWT,
    ]
)  # fmt: skip
confusing = st.lists(PIECES, max_size=25).map("".join)


@given(st.text() | confusing)
@example("4111111111111111password: x")
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
    assert redact(once.text).counts == {}


@given(
    st.recursive(
        confusing | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(confusing, inner, max_size=3),
        max_leaves=8,
    )
)
def test_redacting_a_value_twice_changes_nothing_more(value: object) -> None:
    once = redact_value(json.loads(json.dumps(value))).value
    assert redact_value(once).value == once


@given(
    st.integers(min_value=10**14, max_value=10**15 - 1),
    st.sampled_from(["", " ", "-"]),
    st.text(" ,;\n", min_size=1),
)
def test_every_visa_number_is_removed_in_any_grouping(middle: int, joint: str, edge: str) -> None:
    number = f"4{middle % 10**14:014d}"
    number += luhn.calc_check_digit(number)
    written = joint.join(number[index : index + 4] for index in range(0, 16, 4))
    assert redact(f"a{edge}{written}{edge}b").text == f"a{edge}[card removed]{edge}b"


@given(st.dictionaries(st.sampled_from(["password", "token", "api_key"]), st.text(max_size=20) | st.integers()))
def test_json_text_with_quoted_secrets_stays_json(value: dict[str, str | int]) -> None:
    assert set(json.loads(redact(json.dumps(value)).text)) == set(value)


SIZE = 2 * 1024 * 1024
dice = random.Random(7)
SHAPES = {
    "one run of digits": "4" * SIZE,
    "single digits": "4 " * (SIZE // 2),
    "groups of four": "4111 " * (SIZE // 5),
    "card-like numbers": "".join(f"4{dice.randrange(10**15):015d} " for _ in range(SIZE // 17)),
    "account starts": "DE89 " * (SIZE // 5),
    "at signs": "a@" * (SIZE // 2),
    "addresses": "https://aaaaaaaa:bbbbbbb" * (SIZE // 24),
    "open quotes": 'password="' * (SIZE // 10),
    "escaped quotes": 'password="' + 'password=\\"' * (SIZE // 11),
    "colons": "authorization:" * (SIZE // 14),
    "token starts": "-eyJ-sk-" * (SIZE // 8),
    "key blocks": "-----BEGIN PRIVATE KEY-----\n" * (SIZE // 28),
    "session names": "a-a.sess" * (SIZE // 8),
    "base64": base64.b64encode(dice.randbytes(SIZE * 3 // 4)).decode(),
    "blanks": " " * SIZE,
    "letters": "a" * SIZE,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_two_megabytes_of_hostile_text_take_seconds_at_most(shape: str) -> None:
    started = time.process_time()
    redact(SHAPES[shape])
    assert time.process_time() - started < 4


def test_what_is_remembered_is_clean_and_bounded(monkeypatch):
    monkeypatch.setattr(redaction, "REMEMBERED", 3)
    monkeypatch.setattr(redaction, "_clean", set())
    for text in ("one", "password=hunter2hunter2", "two", "x" * 1000, "three", "four", "five"):
        assert redact(text) == redact(text)
    assert "password" not in str(redaction._clean)
    assert len(redaction._clean) <= 3
    assert redact("password=hunter2hunter2").text == "password=[password removed]"
