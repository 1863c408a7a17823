"""This package turns what a team wrote into pages, Markdown files and PDFs; it knows texts, not what they are about."""
