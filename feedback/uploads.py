"""This module reads forms from outside within limits: what is too large is skipped, so that the text beside it survives."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from feedback.files import MAX_BYTES, SafeFile, UnsafeFile, examine
from hypercare.core.problem import FieldError, Problem

MAX_FILES = 2
MAX_REQUEST_BYTES = (MAX_FILES + 1) * MAX_BYTES

View = Callable[..., HttpResponseBase]


class HeldInMemory(FileUploadHandler):
    """Keeps a few small files in memory; of the others it keeps only what was wrong with them."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: list[str] = []
        self._count = 0
        self._parts: list[bytes] = []
        self._size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begins a file, unless there are too many."""
        super().new_file(*args, **kwargs)
        self._count += 1
        self._parts, self._size = [], 0
        if self._count > MAX_FILES:
            self.refused = [_("More than %(count)s files came; send at most that many.") % {"count": MAX_FILES}]
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 - the framework's interface
        """Takes one piece, unless the file grows too large."""
        self._size += len(raw_data)
        if self._size > MAX_BYTES:
            self._parts = []
            self.refused.append(_("“%(name)s” is larger than %(limit)s MB; send a smaller file.") % {
                "name": str(self.file_name)[:80], "limit": MAX_BYTES // 1024 // 1024})  # fmt: skip
            raise SkipFile
        self._parts.append(raw_data)

    def file_complete(self, file_size: int) -> SimpleUploadedFile:  # noqa: ARG002 - the framework's interface
        """The whole file."""
        return SimpleUploadedFile(self.file_name or "", b"".join(self._parts), self.content_type or "")


def takes_files(view: View) -> View:
    """A page whose form may carry files: the form is read within limits before anything else looks into it."""
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def read_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            read_form(request)
        return protected(request, *args, **kwargs)

    return read_first


def read_form(request: HttpRequest) -> None:
    """Fills request.POST and request.FILES; raises Problem 400 or 413 for a form that cannot be read."""
    refuse_large(request)
    request.encoding = "utf-8"
    request.upload_handlers = [HeldInMemory(request)]
    try:
        request.POST  # noqa: B018 - the attribute reads the body
    except RequestDataTooBig as error:
        raise too_large() from error
    except (TooManyFieldsSent, TooManyFilesSent) as error:
        raise Problem(400, _("The form has too many fields or files; send fewer.")) from error
    except (MultiPartParserError, UnreadablePostError) as error:
        raise Problem(400, _("The form broke off or is not well formed; send it again.")) from error


def refuse_large(request: HttpRequest, *, limit: int = MAX_REQUEST_BYTES) -> None:
    """Raises Problem 413 by the announced length, before a byte is read."""
    announced = request.headers.get("Content-Length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)


def too_large(limit: int = MAX_REQUEST_BYTES) -> Problem:
    """The refusal of a request over the limit."""
    detail = _("This is more than %(limit)s MB in all; send less at once.") % {"limit": limit // 1024 // 1024}
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def files_in(request: HttpRequest, *, field: str = "file") -> tuple[tuple[SafeFile, ...], list[FieldError]]:
    """The form's checked files, and what is wrong with the others."""
    handler = request.upload_handlers[0]
    errors = [FieldError(f"/{field}", detail) for detail in getattr(handler, "refused", [])]
    errors += [
        FieldError(f"/{name[:40]}", _("Send files in the field “%(field)s”.") % {"field": field})
        for name in request.FILES
        if name != field
    ]
    safe: list[SafeFile] = []
    for upload in request.FILES.getlist(field):
        try:
            safe.append(examine(upload.name or "", upload.read()))
        except UnsafeFile as unsafe:
            errors.append(FieldError(f"/{field}", unsafe.detail))
    return tuple(safe), errors
