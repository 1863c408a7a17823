"""This module says in one sentence what is wrong with the servers the environment names, and the cure."""

import os
from collections.abc import Collection
from urllib.parse import urlsplit

import psycopg

from .problem import ServiceProblem

OLDEST_POSTGRES = 15
EXTENSIONS = ("pg_trgm", "vector")
_MISSING = """
    SELECT wanted.name, available.name IS NOT NULL
    FROM unnest(%s::text[]) AS wanted(name)
    LEFT JOIN pg_available_extensions available USING (name)
    WHERE available.installed_version IS NULL
"""
# Vectors of half precision came with pgvector 0.7.
OLDEST_VECTOR = (0, 7)
_VECTOR = "SELECT coalesce(installed_version, default_version) FROM pg_available_extensions WHERE name = 'vector'"
_MAY_ENABLE = """
    SELECT rolsuper OR bool_or(version.trusted) AND has_database_privilege(current_database(), 'CREATE')
    FROM pg_roles, pg_available_extension_versions version
    WHERE rolname = current_user AND version.name = %s
    GROUP BY rolsuper
"""


def check(*, ours: Collection[str] = ()) -> None:
    """Tries DATABASE_URL and REDIS_URL for real, but for those of our own servers; raises ServiceProblem."""
    if "DATABASE_URL" not in ours:
        _check_database(os.environ.get("DATABASE_URL", ""))
    if "REDIS_URL" not in ours:
        _check_broker(os.environ.get("REDIS_URL", ""))


def _check_database(url: str) -> None:
    try:
        connection = psycopg.connect(url, connect_timeout=5)
    except psycopg.ProgrammingError as error:
        raise ServiceProblem(
            "DATABASE_URL cannot be read: write it as postgresql://user:password@host:5432/database, "
            "or unset it to use the embedded server."
        ) from error
    except psycopg.OperationalError as error:
        raise ServiceProblem(
            f"PostgreSQL at {_address(url)} cannot be used ({_first_line(error)}): "
            "start it, correct DATABASE_URL, or unset it to use the embedded server."
        ) from error
    with connection:
        _check_version(connection, url)
        _check_extensions(connection)
        _check_vector(connection)
    connection.close()


def _check_version(connection: psycopg.Connection, url: str) -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST_POSTGRES:
        raise ServiceProblem(
            f"PostgreSQL at {_address(url)} is version {version} and Hypercare needs {OLDEST_POSTGRES} or newer: "
            "upgrade it, or unset DATABASE_URL to use the embedded server."
        )


def _check_extensions(connection: psycopg.Connection) -> None:
    for name, available in connection.execute(_MISSING, [list(EXTENSIONS)]).fetchall():
        if not available:
            raise ServiceProblem(
                f"The PostgreSQL server has no extension {name}: install its package there "
                "(on Debian postgresql-contrib or postgresql-<version>-pgvector), "
                "or unset DATABASE_URL to use the embedded server."
            )
        row = connection.execute(_MAY_ENABLE, [name]).fetchone()
        if row is None or not row[0]:
            raise ServiceProblem(
                f"The extension {name} is not enabled in the database {connection.info.dbname} "
                f"and its user may not enable it: run CREATE EXTENSION {name} there as a superuser."
            )


def _check_vector(connection: psycopg.Connection) -> None:
    row = connection.execute(_VECTOR).fetchone()
    version = str(row[0]) if row else ""
    if tuple(int(part) for part in version.split(".")[:2] if part.isdecimal()) < OLDEST_VECTOR:
        raise ServiceProblem(
            f"The extension vector is version {version} in the database {connection.info.dbname} and Hypercare needs "
            f"{'.'.join(map(str, OLDEST_VECTOR))} or newer: upgrade pgvector there and run ALTER EXTENSION vector UPDATE, "
            "or unset DATABASE_URL to use the embedded server."
        )


def _check_broker(url: str) -> None:
    import redis  # noqa: PLC0415 - slow, and needed only for a broker that is not ours

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except ValueError as error:
        raise ServiceProblem(
            "REDIS_URL cannot be read: write it as redis://:password@host:6379/0, "
            "or unset it to use the embedded server."
        ) from error
    except redis.RedisError as error:
        raise ServiceProblem(
            f"The broker at {_address(url)} cannot be used ({_first_line(error)}): "
            "start it, correct REDIS_URL, or unset it to use the embedded server."
        ) from error


def _address(url: str) -> str:
    """The part of a URL that may be shown: never the password."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "the local socket", parts.port
    except ValueError:
        return "that address"
    return f"{name}:{port}" if port else name


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
