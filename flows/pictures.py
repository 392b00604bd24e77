"""Pictures inside Markdown: they show wherever the text does, with no server of their own and no network."""

import base64
import io
from pathlib import Path

from PIL import Image

MOST_PX = (1600, 6000)
"""A larger picture is shrunk to fit; Prefect keeps it in its database."""


def markdown_of(file: Path, words: str) -> str:
    """The picture as a Markdown image that holds its own bytes; `words` stand where it cannot be shown."""
    return f"![{words}]({data_uri(file)})"


def data_uri(file: Path) -> str:
    """The picture as JPEG in a `data:` address."""
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail(MOST_PX, Image.Resampling.LANCZOS)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"
