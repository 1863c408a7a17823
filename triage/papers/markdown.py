"""This module reads Markdown: to HTML that holds nothing but text and links, and to blocks that a PDF is set from.

HTML in a text is shown as text, pictures are left out as they would call other hosts, and links lead to pages or mail.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# A text's own headings stand below those of the page around it.
HIGHEST_HEADING = 3
DEEPEST = 6
_SCHEMES = ("http", "https", "mailto")
Block = dict[str, Any]


def _leads_somewhere(url: str) -> bool:
    """Only pages and mail; a path of our own has no scheme."""
    try:
        return urlsplit(url).scheme.lower() in ("", *_SCHEMES)
    except ValueError:
        return False


_reader = MarkdownIt("commonmark", {"html": False})
_reader.enable(["table", "strikethrough"]).disable(["image", "html_inline", "html_block"])
_reader.validateLink = _leads_somewhere  # type: ignore[method-assign]  # how the library takes another rule


def as_html(text: str) -> SafeString:
    """The text as HTML; whatever it holds, no script, no style and no picture comes of it."""
    tokens = _parsed(text)
    for link in (child for token in tokens for child in token.children or [] if child.type == "link_open"):
        link.attrSet("rel", "nofollow noopener noreferrer")
    html: str = _reader.renderer.render(tokens, _reader.options, {})
    return mark_safe(html)  # noqa: S308 - the renderer escapes all that is not its own


def _parsed(text: str) -> list[Token]:
    """The text with its headings one below the other, without a step left out, beneath those of the page."""
    tokens = _reader.parse(text)
    opened = [token for token in tokens if token.type == "heading_open"]
    used = sorted({token.tag for token in opened})
    level = HIGHEST_HEADING - 1
    for token in tokens:
        if token.type == "heading_open":
            level = min(HIGHEST_HEADING + used.index(token.tag), level + 1, 6)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{level}"
    return tokens


def as_blocks(text: str) -> list[Block]:
    """The text as nested blocks: paragraphs, headings, lists, quotes, code, tables."""
    return _flat(_blocks(iter(_parsed(text))), depth=0)


def _flat(blocks: Iterable[Block], *, depth: int) -> list[Block]:
    """The blocks, none of them deeper than can be set: what stands deeper follows without its indent."""
    flat: list[Block] = []
    for block in blocks:
        inner = [block["blocks"]] if block["kind"] == "quote" else block.get("items", [])
        inner = [_flat(part, depth=depth + 1) for part in inner]
        if inner and depth >= DEEPEST:
            flat += [one for part in inner for one in part]
        elif block["kind"] == "quote":
            flat.append(block | {"blocks": inner[0]})
        else:
            flat.append(block | {"items": inner} if inner else block)
    return flat


def _blocks(tokens: Iterator[Token], *, until: str = "") -> Iterator[Block]:
    for token in tokens:
        if token.type == until:
            return
        if token.type in _CONTAINERS:
            yield _CONTAINERS[token.type](token, tokens)
        elif token.type in {"fence", "code_block"}:
            yield {"kind": "code", "text": token.content.rstrip("\n")}
        elif token.type == "hr":
            yield {"kind": "rule"}


def _heading_block(token: Token, tokens: Iterator[Token]) -> Block:
    return {"kind": "heading", "level": int(token.tag[1:]), "spans": _line(tokens)}


def _paragraph(_token: Token, tokens: Iterator[Token]) -> Block:
    return {"kind": "paragraph", "spans": _line(tokens)}


def _line(tokens: Iterator[Token]) -> list[Block]:
    """The spans of the line that comes now, and the token that closes what it stands in."""
    spans = _spans(next(tokens).children or [])
    next(tokens)
    return spans


def _list(token: Token, tokens: Iterator[Token]) -> Block:
    ends = token.type.replace("_open", "_close")
    items = []
    for inner in tokens:
        if inner.type == ends:
            break
        items.append(list(_blocks(tokens, until="list_item_close")))
    if ends == "bullet_list_close":
        return {"kind": "list", "items": items}
    return {"kind": "numbers", "start": int(token.attrGet("start") or 1), "items": items}


def _quote(_token: Token, tokens: Iterator[Token]) -> Block:
    return {"kind": "quote", "blocks": list(_blocks(tokens, until="blockquote_close"))}


def _table(_token: Token, tokens: Iterator[Token]) -> Block:
    rows: list[list[list[Block]]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(_line(tokens))
    return {"kind": "table", "columns": max(map(len, rows), default=1), "cells": [cell for row in rows for cell in row]}


_CONTAINERS = {
    "heading_open": _heading_block,
    "paragraph_open": _paragraph,
    "bullet_list_open": _list,
    "ordered_list_open": _list,
    "blockquote_open": _quote,
    "table_open": _table,
}


def _spans(children: Iterable[Token]) -> list[Block]:
    spans: list[Block] = []
    held: dict[str, Any] = {}
    for child in children:
        if child.type in {"strong_open", "em_open", "s_open"}:
            held[child.type.removesuffix("_open")] = True
        elif child.type in {"strong_close", "em_close", "s_close"}:
            held.pop(child.type.removesuffix("_close"), None)
        elif child.type == "link_open":
            held["href"] = str(child.attrGet("href") or "")
        elif child.type == "link_close":
            held.pop("href", None)
        elif child.type == "code_inline":
            spans.append({"kind": "code", "text": child.content} | held)
        elif child.type == "hardbreak":
            spans.append({"kind": "break"})
        elif said := child.content if child.type == "text" else " ":
            spans.append({"kind": "text", "text": said} | held)
    return spans


def plain(text: str) -> str:
    """The words of a text without its marks, for searching and for showing its beginning."""
    return " ".join(_words(as_blocks(text)))


def _words(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        for name in ("spans", "cells", "items", "blocks"):
            for inner in block.get(name, ()):
                yield from _words([inner] if isinstance(inner, dict) else inner)
        if text := block.get("text", "").strip():
            yield text
