"""This module tests how texts become HTML, Markdown files and PDFs, whatever people write in them."""

import re

import pytest

from triage.papers.markdown import as_blocks, as_html, plain
from triage.papers.paper import Paper, Section, as_markdown
from triage.papers.pdf import as_pdf


def paper(text, *, title="Genomgång av IS-12", language="sv"):
    return Paper(
        title=title,
        facts=[("Issue", "IS-12")],
        sections=[Section("Översikt", text, "Ur ärendet."), Section("Empty", "")],
        language=language,
        footer="Meridian Shop",
        empty="Nothing was written here.",
    )


def pages(pdf):
    return max(map(int, re.findall(rb"/Type/Pages/Count (\d+)", pdf)))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](https://elsewhere.example/pixel.png)",
        '<https://a.example/"onclick=alert(1)>',
        '[a](https://a.example "x\\" onmouseover=alert(1)")',
    ],
)
def test_html_holds_no_script_no_picture_and_no_handler(text):
    html = as_html(text)
    tags = re.findall(r"<[^>]*>", html)
    assert not [
        tag for tag in tags if re.search(r"<(script|img)|\son\w+=|javascript:|data:", re.sub(r'"[^"]*"', "", tag))
    ]
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html))


@pytest.mark.parametrize(
    ("text", "levels"),
    [("# a\n\n###### b", "34"), ("## a\n\n## b\n\n### c", "334"), ("### a\n\n# b\n\n### c", "334"), ("a\n===", "3")],
)
def test_headings_stand_below_those_of_the_page_and_leave_out_no_step(text, levels):
    assert "".join(re.findall(r"<h(\d)>", as_html(text))) == levels


def test_links_keep_their_followers_to_themselves():
    assert 'rel="nofollow noopener noreferrer"' in as_html("[here](https://example.org/)")


def test_plain_words_have_no_marks():
    assert (
        plain("## Cause\n\n- the **pool** is `full`\n\n| a | b |\n|---|---|\n| c | d |")
        == "Cause the pool is full a b c d"
    )


def test_blocks_hold_nested_lists_and_marks():
    assert as_blocks("- one **two**\n\n  3. three") == [
        {"kind": "list", "items": [[
            {"kind": "paragraph", "spans": [
                {"kind": "text", "text": "one "}, {"kind": "text", "text": "two", "strong": True}]},
            {"kind": "numbers", "start": 3, "items": [[
                {"kind": "paragraph", "spans": [{"kind": "text", "text": "three"}]}]]},
        ]]}
    ]  # fmt: skip


def test_markdown_file_says_where_a_passage_comes_from_and_what_is_empty():
    assert as_markdown(paper("Allt är **bra**.")) == (
        "# Genomgång av IS-12\n\n- Issue: IS-12\n\n## Översikt\n\nAllt är **bra**.\n\n*Ur ärendet.*\n\n"
        "## Empty\n\n*Nothing was written here.*\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Räksmörgås, Łódź, Ωμέγα",
        "🎉 👩‍🚀 漢字 עברית \u202e\ufeff",
        "x" * 3000,
        "- " * 40 + "deep",
        "> " * 40 + "deep",
        "| a " * 60 + "|\n" + "|---" * 60 + "|\n" + "| b " * 60 + "|",
        "`" * 4000,
        "```\n#set page(width: 1pt)\n```",
        "",
    ],
)
def test_pdf_is_made_of_whatever_is_written(text):
    assert as_pdf(paper(text, title=text[:300])).startswith(b"%PDF-")


def test_text_is_never_read_as_markup_of_the_typesetter():
    tricks = '#panic("no") #read("/etc/passwd") $x$ @ref <label> \\u{41} #import "@preview/x:1.0.0"'
    assert as_pdf(paper(tricks, title=tricks)).startswith(b"%PDF-")


def test_pdf_of_fifty_pages_has_them_all():
    assert pages(as_pdf(paper("En mening till om lagret och dess anslutningar.\n\n" * 2100))) >= 50


def test_empty_paper_is_one_page():
    assert pages(as_pdf(Paper("", [], [], "en", "", ""))) == 1


@pytest.mark.parametrize("length", [9_000, 60_000])
def test_a_link_too_long_for_a_pdf_is_plain_words(length):
    assert as_pdf(paper(f"[here](https://example.org/{'a' * length})")).startswith(b"%PDF")
