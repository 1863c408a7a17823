"""This module knows which names stand before a secret, whatever the secret itself looks like."""

import re
from functools import lru_cache

NAMES_ENDING = {
    "password": ("password", "passwd", "passphrase", "passcode", "passwort", "pwd", "lösenord"),
    "key": ("apikey", "privatekey", "secretkey", "signingkey", "encryptionkey", "accountkey", "masterkey",
            "sharedkey", "accesskey", "subscriptionkey"),
    "token": ("token", "secret", "authorization", "cookie", "cookies", "credential", "credentials", "jwt"),
}  # fmt: skip
NAMES_WHOLE = {
    "password": {"pin", "pincode", "cvv", "cvv2", "cvc", "cvc2"},
    "token": {"auth", "session", "sessionid", "jsessionid", "phpsessid", "sid"},
}
PLAIN_NAMES = {"nextpagetoken", "pagetoken", "continuationtoken"}


@lru_cache(maxsize=4096)
def kind_of_name(name: str) -> str | None:
    """The kind of secret that a member of this name holds, such as `DB_PASSWORD` or `http.header.cookie`."""
    last = re.sub(r"[\W_]", "", name.rpartition(".")[2].lower())
    if last in PLAIN_NAMES:
        return None
    for kind, endings in NAMES_ENDING.items():
        if last.endswith(endings) or last in NAMES_WHOLE.get(kind, ()):
            return kind
    return None
