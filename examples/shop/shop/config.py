"""Settings, from the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Settings:
    database_url: str = field(default_factory=lambda: os.environ.get("SHOP_DATABASE", "sqlite:///shop.db"))
    supplier_url: str = field(default_factory=lambda: os.environ.get("SHOP_SUPPLIER", "http://127.0.0.1:9001"))
    payment_url: str = field(default_factory=lambda: os.environ.get("SHOP_PAYMENT", "http://127.0.0.1:9001"))
    media_folder: Path = field(default_factory=lambda: Path(os.environ.get("SHOP_MEDIA", "media")))
    courier_pause: float = 0.01
    password_rounds: int = 20_000


settings = Settings()
