"""This module puts HTTP and sockets on one port: sockets to Channels, alerts to the lean door, all else to Django in threads."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypercare.settings")

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.wsgi import get_wsgi_application

# Threads of the pages; each holds one database connection.
_THREADS = int(os.environ.get("HYPERCARE_WEB_THREADS", "8"))

_pages = WSGIMiddleware(get_wsgi_application(), workers=_THREADS)  # type: ignore[arg-type]  # Django's handler is looser typed

from gateway_ingest.committing import Committer  # noqa: E402 - models need Django set up
from gateway_ingest.views.lean import alert_door  # noqa: E402
from hypercare.core import clock  # noqa: E402
from hypercare.core.whole_bodies import whole_bodies  # noqa: E402 - models need Django set up
from triage.launch_socket import allow_known_callers  # noqa: E402 - models need Django set up
from triage.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": alert_door(whole_bodies(_pages), Committer(clock=clock.now)),  # type: ignore[arg-type]  # a2wsgi's types are narrower
        "websocket": allow_known_callers(URLRouter(websocket_urlpatterns)),
    }
)
