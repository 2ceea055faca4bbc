"""Fill the templates of our pages: everything escaped, nothing undefined.

    template, words ──► HTML, one file that fetches nothing ──► written beside and renamed

Source: Jinja2; a word that a template wants and nobody gave is an error, never a blank.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from geo.write import beside

TEMPLATES = Path(__file__).parent / "templates"


def template_of(name: str, **everywhere: object) -> Template:
    """Take a template.

    Args:
        name: its file.
        everywhere: words that its macros know, too.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= everywhere
    return environment.get_template(name)


def write_text(path: Path, text: str) -> Path:
    """Write a text beside its name and rename it.

    Raises:
        OutputError: the disk is full or the folder is not ours to write.
    """
    with beside(path) as part:
        part.write_bytes(text.encode("utf-8", "replace"))
    return path
