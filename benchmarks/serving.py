"""This module serves the product's pages in two ways: by WSGI in worker threads, and by Django's own ASGI handler."""

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

THREADS = 8

wsgi = WSGIMiddleware(get_wsgi_application(), workers=THREADS)  # type: ignore[arg-type]  # Django's handler is looser typed
asgi = get_asgi_application()
