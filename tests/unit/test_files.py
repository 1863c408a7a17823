"""Files people send: what is kept, what is changed in it, what is refused and why."""

import contextlib
import io
import json
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from feedback.files import SafeFile, UnsafeFile, clean_name, examine

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def picture(kind: str, *, mode: str = "RGB", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **options)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as files:
        files.writestr("a.txt", "hello")
    return out.getvalue()


def bomb() -> bytes:
    """A picture of a few bytes that claims 900 million pixels."""
    start = b"\x89PNG\r\n\x1a\n"
    for name, body in (
        (b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)),
        (b"IDAT", b"x"),
        (b"IEND", b""),
    ):
        start += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return start


def refusal(data: bytes, name: str = "a.png") -> str:
    with pytest.raises(UnsafeFile) as caught:
        examine(name, data)
    return caught.value.detail


@pytest.mark.parametrize(
    ("kind", "content_type", "name"),
    [
        ("PNG", "image/png", "shot.png"),
        ("JPEG", "image/jpeg", "shot.jpg"),
        ("WEBP", "image/webp", "shot.webp"),
        ("GIF", "image/png", "shot.png"),
    ],
)
def test_pictures_are_known_by_content_not_by_name(kind: str, content_type: str, name: str) -> None:
    kept = examine("shot.exe", picture(kind))
    assert (kept.name, kept.content_type, kept.width, kept.height) == (name, content_type, 40, 20)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_can_be_kept(mode: str) -> None:
    assert examine("a", picture("PNG", mode=mode)).content_type == "image/png"


def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    out = io.BytesIO()
    Image.new("I;16", (4, 4), 0x8000).save(out, "PNG")
    with Image.open(io.BytesIO(examine("a", out.getvalue()).data)) as kept:
        assert kept.convert("L").getpixel((0, 0)) == 0x80


def test_photograph_loses_its_metadata_and_keeps_its_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x010F] = "CameraMaker"
    kept = examine("photo.jpg", picture("JPEG", exif=exif, comment=b"hidden note"))
    assert (kept.width, kept.height) == (20, 40)
    assert b"CameraMaker" not in kept.data
    assert b"hidden note" not in kept.data


def test_text_chunks_of_a_png_are_dropped() -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", "home address")
    assert b"home address" not in examine("a.png", picture("PNG", pnginfo=chunks)).data


def test_bytes_after_the_picture_are_dropped() -> None:
    assert b"appended" not in examine("a.png", picture("PNG") + b"appended").data


def test_animation_is_kept_as_its_first_frame() -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with Image.open(io.BytesIO(examine("a.gif", out.getvalue()).data)) as kept:
        assert kept.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_transparency_is_kept() -> None:
    with Image.open(io.BytesIO(examine("a", picture("WEBP", mode="RGBA")).data)) as kept:
        assert kept.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


def test_decompression_bombs_are_refused() -> None:
    assert "more than 40 million pixels" in refusal(bomb())


def test_pixel_limit_counts_before_decoding() -> None:
    with pytest.raises(UnsafeFile, match="million pixels"):
        examine("a.png", picture("PNG", size=(101, 100)), max_pixels=10_000)


def test_damaged_pictures_are_refused() -> None:
    assert "damaged" in refusal(picture("PNG", size=(400, 400))[:60])


@pytest.mark.parametrize("page", [b"<script>alert(1)</script>", b"<?php echo 1;", b"<!DOCTYPE html><p>"])
def test_pictures_that_are_also_pages_are_refused(page: bytes) -> None:
    assert "also contains a page" in refusal(picture("GIF") + page)


@pytest.mark.parametrize("start", [b"", picture("PNG"), PDF, picture("GIF")])
def test_archives_are_refused_even_behind_another_type(start: bytes) -> None:
    assert "archive" in refusal(start + archive())


def test_pdf_is_kept_as_it_is() -> None:
    assert examine("faktura.bin", PDF) == SafeFile("faktura.pdf", "application/pdf", PDF)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PDF[:-7], "cut off"),
        (PDF + b"<html><body>", "no PDF"),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction <</S /JavaScript>>"), "scripts"),
        (PDF.replace(b"/Catalog", b"/Catalog /EmbeddedFile"), "other files"),
    ],
)
def test_pdfs_with_more_than_pages_are_refused(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_text_is_redacted() -> None:
    kept = examine("server.log", b"\xef\xbb\xbfpassword: hunter2\ncard 4111111111111111\n")
    assert kept == SafeFile("server.log", "text/plain", b"password: [password removed]\ncard [card removed]\n")


def test_colours_of_a_terminal_are_dropped_from_logs() -> None:
    assert examine("a.log", b"\x1b[1;31mERROR\x1b[0m no stock").data == b"ERROR no stock"


def test_json_is_redacted_by_name_and_stays_json() -> None:
    kept = examine("har", b'{"cookie": {"a": 1}, "pin": 1234, "page": "/cart"}')
    assert (kept.name, kept.content_type) == ("har.json", "application/json")
    assert json.loads(kept.data) == {
        "cookie": "[token removed]",
        "pin": "[password removed]",
        "page": "/cart",
    }


def test_table_is_known_by_its_columns() -> None:
    kept = examine("export.txt", "id;name\n1;Åsa\n2;Bo\n".encode())
    assert (kept.name, kept.content_type) == ("export.csv", "text/csv")


def test_text_that_only_looks_like_json_is_text() -> None:
    assert examine("a.json", b"[12:04] server said no").name == "a.txt"


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><title>x</title>",
        b"  <svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf<?xml version='1.0'?><svg/>",
        b"hello <script>alert(1)</script>",
        b"#!/bin/sh\nrm -rf /",
        b"<?php system('x');",
        b"@echo off\r\ndel *",
        b"%!PS-Adobe-3.0",
        b"{\\rtf1 hello}",
    ],
)
def test_pages_and_scripts_are_refused(data: bytes) -> None:
    assert "scripts are not accepted" in refusal(data, "notes.txt")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"MZ\x90\x00" + bytes(100), "Executable"),
        (b"\x7fELF" + bytes(60), "ELF"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "GZIP"),
    ],
)
def test_other_binaries_are_refused_by_what_they_look_like(data: bytes, kind: str) -> None:
    detail = refusal(data, "notes.txt")
    assert kind in detail
    assert "Send a picture" in detail


@pytest.mark.parametrize("data", ["Åsa".encode("latin-1"), b"a\x00b", b"esc \x1b]0;title", "h\0i\0".encode("utf-16")])
def test_text_in_other_encodings_or_with_controls_is_refused(data: bytes) -> None:
    assert "text in UTF-8" in refusal(data, "notes.txt")


def test_empty_and_oversized_files_are_refused() -> None:
    assert "empty" in refusal(b"")
    with pytest.raises(UnsafeFile, match=r"has 2\.0 MB and the limit is 1\.0 MB"):
        examine("a.txt", b"a" * 2_097_152, max_bytes=1_048_576)


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\anna\\Desktop\\bild.JPEG", "bild.png"),
        ("invoice\u202egnp.exe", "invoicegnp.png"),
        ("a\x00b\r\nc.txt", "abc.png"),
        ("faktura.pdf.exe", "faktura.pdf.png"),
        ('a"b;c<d>.png', "a_b_c_d_.png"),
        ("räksmörgås 😀.png", "räksmörgås 😀.png"),
        ("", "file.png"),
        ("...", "file.png"),
        ("x" * 300 + ".png", "x" * 116 + ".png"),
    ],
)
def test_names_are_cleaned(given_name: str, expected: str) -> None:
    assert clean_name(given_name, ".png") == expected


@given(st.text(max_size=200), st.sampled_from([".png", ".webp"]))
def test_any_name_becomes_short_and_printable(name: str, extension: str) -> None:
    cleaned = clean_name(name, extension)
    assert cleaned.endswith(extension)
    assert len(cleaned) <= 120
    assert "/" not in cleaned
    assert clean_name(cleaned, extension) == cleaned


SEEDS = [picture("PNG"), picture("JPEG"), picture("WEBP"), picture("GIF"), PDF, archive(), b'{"a": [1]}']


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
    st.binary(max_size=8),
)
def test_damaged_files_raise_nothing_but_unsafe_file(seed: bytes, changes: list[tuple[int, int]], tail: bytes) -> None:
    data = bytearray(seed)
    for place, byte in changes:
        data[place % len(data)] = byte
    with contextlib.suppress(UnsafeFile):
        examine("a.png", bytes(data) + tail)
