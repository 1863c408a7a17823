"""This module sets up sign-in: e-mail and password, a second factor if wanted, OIDC where a provider is named."""

import os

from django.core.exceptions import ImproperlyConfigured

from .environment import flag

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "hypercare.core.accounts.InvitedOnly"
SOCIALACCOUNT_ADAPTER = "hypercare.core.accounts.InvitedOnlySocial"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Hypercare] "
ACCOUNT_PREVENT_ENUMERATION = True
# Who is invited chooses a password and is in. The limits on failed sign-ins stay as allauth sets them.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if flag("HYPERCARE_BEHIND_PROXY") else 0
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_ONLY = False
# A link, not a form: our policy lets forms lead only to ourselves, and a provider may send people on to other hosts.
SOCIALACCOUNT_LOGIN_ON_GET = True

_OIDC = {name: os.environ.get(f"HYPERCARE_OIDC_{name}", "") for name in ("URL", "CLIENT_ID", "CLIENT_SECRET")}
if any(_OIDC.values()) and not all(_OIDC.values()):
    raise ImproperlyConfigured(
        "Set HYPERCARE_OIDC_URL, HYPERCARE_OIDC_CLIENT_ID and HYPERCARE_OIDC_CLIENT_SECRET together."
    )
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": os.environ.get("HYPERCARE_OIDC_NAME", "Single sign-on"),
                    "client_id": _OIDC["CLIENT_ID"],
                    "secret": _OIDC["CLIENT_SECRET"],
                    "settings": {"server_url": _OIDC["URL"]},
                }
            ]
        }
    }
    if all(_OIDC.values())
    else {}
)
