"""This module decides which files may be kept, by what they contain and never by what they are called.

Pictures are decoded and written anew, so that no metadata, hidden page or appended archive survives; texts
are redacted; PDFs are kept as they are; everything else is refused with a sentence that says why.
"""

import io
import json
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass

import puremagic
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from hypercare.core.redaction import redact, redact_value
from hypercare.core.strict_json import BadJson, clean_text, parse

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_NAME = 120

PICTURES = ((b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"))
# An animation is kept as a still of its first frame.
WRITTEN_AS = {"PNG": "PNG", "GIF": "PNG", "JPEG": "JPEG", "WEBP": "WEBP"}
PICTURE_TYPES = {
    "PNG": ("image/png", ".png"),
    "JPEG": ("image/jpeg", ".jpg"),
    "WEBP": ("image/webp", ".webp"),
}
PICTURE_MODES = {"PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "JPEG": ("L", "RGB"), "WEBP": ("RGB", "RGBA")}
# What Pillow's decoders are known to raise on damaged input.
UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError),
    *(struct.error, zlib.error),
)

MARKUP_START = re.compile(rb"\s*(?:<[a-zA-Z!?/%]|#!|%!PS|\{\\rtf|@echo\b)", re.IGNORECASE)
MARKUP_NEAR_START = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php)\b", re.IGNORECASE)
PAGE_INSIDE_PICTURE = re.compile(rb"<(?:!doctype html|html|script|svg|\?php)[\s>]", re.IGNORECASE)
ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia)\b")
COLOUR = re.compile("\x1b\\[[0-9;?]{0,20}[A-Za-z]")  # terminals leave it in logs
SNIFFED_BYTES = 1500  # browsers look at about this much when they guess a type


class UnsafeFile(ValueError):
    """The file may not be kept; `detail` is a sentence for whoever sent it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class SafeFile:
    """A file that may be stored and served as a download; width and height are those of a picture."""

    name: str
    content_type: str
    data: bytes
    width: int | None = None
    height: int | None = None


def examine(name: str, data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> SafeFile:
    """Return what may be kept of a file that somebody sent. Raises UnsafeFile."""
    if not data:
        raise UnsafeFile(_("The file is empty. Choose a file with content."))
    if len(data) > max_bytes:
        detail = _("The file has %(size).1f MB and the limit is %(limit).1f MB. Send a smaller one.")
        raise UnsafeFile(detail % {"size": len(data) / 1_048_576, "limit": max_bytes / 1_048_576})
    if _holds_archive(data):
        raise UnsafeFile(_("The file is or contains an archive. Unpack it and send what is inside."))
    picture = _picture_format(data)
    if picture:
        return _picture(name, data, picture, max_pixels)
    if data.startswith(b"%PDF-"):
        return _pdf(name, data)
    return _text(name, data)


def _holds_archive(data: bytes) -> bool:
    try:
        return zipfile.is_zipfile(io.BytesIO(data))
    except zipfile.BadZipFile:
        return True


def clean_name(name: str, extension: str) -> str:
    """The last part of `name`, without invisible or reserved characters, ending in the true `extension`."""
    last = unicodedata.normalize("NFC", name[-1000:].replace("\\", "/")).rpartition("/")[2]
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    stem = re.sub(r"\.[A-Za-z][A-Za-z0-9]{0,9}$", "", re.sub(r'[<>:"|?*%;]', "_", visible).strip())
    stem = re.sub(r"\s+", " ", stem).strip(" .")[: MAX_NAME - len(extension)].rstrip(" .")
    return (stem or "file") + extension


def _picture_format(data: bytes) -> str | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for start, kind in PICTURES if data.startswith(start)), None)


def _picture(name: str, data: bytes, kind: str, max_pixels: int) -> SafeFile:
    if PAGE_INSIDE_PICTURE.search(data):
        raise UnsafeFile(_("The picture also contains a page or a script. Save it again as a plain picture."))
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as opened:
            if opened.width * opened.height > max_pixels:
                raise _too_many_pixels(max_pixels)
            return _written_anew(name, opened, WRITTEN_AS[kind])
    except UnsafeFile:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(max_pixels) from error
    except UNREADABLE as error:
        raise UnsafeFile(_("The picture is damaged. Save it again and send it anew.")) from error


def _too_many_pixels(limit: int) -> UnsafeFile:
    detail = _("The picture has more than %(limit)d million pixels. Make it smaller or cut out a part.")
    return UnsafeFile(detail % {"limit": limit // 1_000_000})


def _written_anew(name: str, opened: Image.Image, kind: str) -> SafeFile:
    upright = ImageOps.exif_transpose(opened)
    picture = _in_a_mode_of(upright, kind)
    transparency = picture.info.get("transparency") if picture.mode == "P" else None
    picture.info = {} if transparency is None else {"transparency": transparency}
    out = io.BytesIO()
    picture.save(out, kind, **({} if kind == "PNG" else {"quality": 88}))
    content_type, extension = PICTURE_TYPES[kind]
    return SafeFile(clean_name(name, extension), content_type, out.getvalue(), picture.width, picture.height)


def _in_a_mode_of(picture: Image.Image, kind: str) -> Image.Image:
    if picture.mode in PICTURE_MODES[kind]:
        return picture
    if picture.mode.startswith("I;16"):
        return picture.point(lambda level: level / 256).convert("L").convert(PICTURE_MODES[kind][-1])
    transparent = picture.has_transparency_data and kind != "JPEG"
    return picture.convert("RGBA" if transparent else "RGB")


def _pdf(name: str, data: bytes) -> SafeFile:
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise UnsafeFile(_("The PDF is cut off. Save it again and send it anew."))
    if data[end + 5 :].strip(b"\r\n\t \0") or PAGE_INSIDE_PICTURE.search(data[:SNIFFED_BYTES]):
        raise UnsafeFile(_("The PDF also contains something that is no PDF. Print it to a new PDF and send that."))
    if ACTIVE_PDF.search(data):
        raise UnsafeFile(_("The PDF contains scripts or other files. Print it to a new PDF and send that."))
    return SafeFile(clean_name(name, ".pdf"), "application/pdf", data)


def _text(name: str, data: bytes) -> SafeFile:
    try:
        text = COLOUR.sub("", data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _not_allowed(data) from error
    if MARKUP_START.match(data.removeprefix(b"\xef\xbb\xbf")) or MARKUP_NEAR_START.search(data[:SNIFFED_BYTES]):
        raise UnsafeFile(_("Pages, drawings and scripts are not accepted. Send a screenshot or paste the text."))
    if clean_text(text):
        raise _not_allowed(data)
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = redact_value(parse(data, max_bytes=len(data))).value
        except BadJson:
            return _plain(name, text)
        kept = json.dumps(value, ensure_ascii=False, indent=2).encode()
        return SafeFile(clean_name(name, ".json"), "application/json", kept)
    return _plain(name, text)


def _plain(name: str, text: str) -> SafeFile:
    kept = redact(text).text.encode()
    if _is_table(text):
        return SafeFile(clean_name(name, ".csv"), "text/csv", kept)
    # A log is plain text under another name, so here the name may decide.
    extension = ".log" if name.lower().endswith(".log") else ".txt"
    return SafeFile(clean_name(name, extension), "text/plain", kept)


def _is_table(text: str) -> bool:
    """Whether the first lines have the same number, two or more, of columns."""
    lines = [line for line in text[:20_000].splitlines()[:10] if line]
    return len(lines) > 2 and any(
        lines[0].count(joint) > 0 and len({line.count(joint) for line in lines}) == 1 for joint in ",;\t"
    )


def _not_allowed(data: bytes) -> UnsafeFile:
    allowed = _("Send a picture (PNG, JPEG, WebP, GIF), a PDF, or text in UTF-8 (TXT, LOG, CSV, JSON).")
    try:
        found = puremagic.magic_string(data)[0].name
    except (puremagic.PureError, IndexError):
        return UnsafeFile(_("This kind of file is not accepted.") + " " + allowed)
    detail = _("This kind of file is not accepted; its content looks like: %(kind)s.")
    return UnsafeFile(detail % {"kind": found} + " " + allowed)
