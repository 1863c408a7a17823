"""This module holds a text that leaves the product: a title, some facts, and sections in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Section:
    """A heading, what stands under it in Markdown, and where that comes from."""

    title: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class Paper:
    """What is written down: `facts` are lines of a name and a value, `empty` stands where a section says nothing."""

    title: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    language: str
    footer: str
    empty: str
    name: str = field(default="paper")


def as_markdown(paper: Paper) -> str:
    """The paper as a Markdown file."""
    head = [f"# {_one_line(paper.title)}", "\n".join(f"- {name}: {_one_line(value)}" for name, value in paper.facts)]
    parts = [part for section in paper.sections for part in _section(section, paper.empty)]
    return "\n\n".join(filter(None, [*head, *parts])) + "\n"


def _section(section: Section, empty: str) -> list[str]:
    source = f"*{_one_line(section.source)}*" if section.source else ""
    return [f"## {section.title}", section.text.strip() or f"*{empty}*", source]


def _one_line(text: str) -> str:
    return " ".join(text.split())
