"""This module is the settings of the plain reference: the product's database and one address.

Of the middleware only what gives an answer its length, and what allauth insists on.
"""

from hypercare.settings import *  # noqa: F403 - a settings module is names

ROOT_URLCONF = "benchmarks.plain_insert"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "allauth.account.middleware.AccountMiddleware"]
