"""Pictures of products."""

import io
from pathlib import Path

from PIL import Image

from shop.config import settings

SIZE = (64, 64)


def thumbnail(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("RGB")
        small.thumbnail(SIZE)
    out = io.BytesIO()
    small.save(out, "JPEG")
    return out.getvalue()


def store(name: str, content: bytes) -> Path:
    settings.media_folder.mkdir(parents=True, exist_ok=True)
    file = settings.media_folder / f"{name}.jpg"
    file.write_bytes(content)
    return file
