"""This module sends logs to standard error, one line each, without secrets."""

import logging
import os


def _is_no_waiting_answer(record: logging.LogRecord) -> bool:
    """Whoever waits for /readyz asks many times; that it is not ready yet is no error."""
    return getattr(record, "status_code", 0) != 503 or "/readyz" not in record.getMessage()


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {
        "mask": {"()": "gateway_ingest.masking.MaskSourceKeys"},
        "not_waiting": {"()": "django.utils.log.CallbackFilter", "callback": _is_no_waiting_answer},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask", "not_waiting"]}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("HYPERCARE_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "uvicorn.access": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
