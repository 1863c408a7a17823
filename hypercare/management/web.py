"""This module serves the site on a socket that `up` holds open: `python -m hypercare.management.web DESCRIPTOR`."""

import socket
import sys

import uvicorn


def main() -> None:
    """Serves until told to stop; open pages get five seconds to finish."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        "hypercare.asgi:application",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        ws_per_message_deflate=False,  # a frame is encoded once for all boards; it would be compressed once for each
        proxy_headers=False,  # HYPERCARE_BEHIND_PROXY alone decides whose word on addresses counts
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
