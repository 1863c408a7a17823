"""This module keeps a report's files on disk: written with their row, gone when the row is not kept, given out as downloads."""

import errno
import hashlib
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse
from django.utils.translation import gettext as _

from feedback.files import SafeFile
from feedback.models import Attachment, Feedback
from hypercare.core.problem import Problem, not_found

log = logging.getLogger(__name__)

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Shelf:
    """The files written for one change; `clear` takes them away again."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def put(self, feedback: Feedback, file: SafeFile, *, now: datetime) -> None:
        """Writes one file and its row; raises Problem 507 where the disk has no room."""
        name = f"{now:%Y/%m/%d}/{feedback.key}-{secrets.token_hex(8)}"
        self._names.append(name)
        try:
            default_storage.save(name, ContentFile(file.data))
        except OSError as error:
            log.error("attachment not stored: %s", error)  # noqa: TRY400 - the trace says nothing the sentence does not
            raise _not_stored(error) from error
        Attachment.objects.create(
            feedback=feedback,
            name=file.name,
            content_type=file.content_type,
            size=len(file.data),
            digest=hashlib.sha256(file.data).hexdigest(),
            file=name,
            created_at=now,
        )

    def clear(self) -> None:
        """Deletes everything written, whole or in part; what cannot be deleted is only named in the log."""
        for name in self._names:
            try:
                default_storage.delete(name)
            except OSError as error:
                log.warning("file %s may be left behind: %s", name, error)


@contextmanager
def shelf() -> Iterator[Shelf]:
    """A shelf around a transaction: when the transaction fails, its files go too."""
    files = Shelf()
    try:
        yield files
    except BaseException:
        files.clear()
        raise


def download(attachment: Attachment) -> FileResponse:
    """The file as a download that no browser shows or runs in place."""
    try:
        content = default_storage.open(str(attachment.file.name))
    except FileNotFoundError as error:
        raise not_found(_("This file is no longer on disk.")) from error
    response = FileResponse(content, as_attachment=True, filename=attachment.name, content_type=attachment.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store, private"
    return response


def _not_stored(error: OSError) -> Problem:
    if error.errno in _NO_ROOM:
        detail = _("There is no room for files at the moment, so nothing was stored. Send the report without its file.")
        return Problem(HTTPStatus.INSUFFICIENT_STORAGE, detail)
    detail = _("Files cannot be stored at the moment, so nothing was stored. Send the report without its file.")
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
