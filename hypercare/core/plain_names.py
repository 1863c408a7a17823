"""This module says which names of things are the same name."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """`Catalog_API` and `catalog-api` are the same to us."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())
