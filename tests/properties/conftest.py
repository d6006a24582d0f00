"""How many modules are made up, and whether they are always the same.

`python -m pytest tests/properties --hypothesis-profile=long` makes up new ones for hours.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings

_ALWAYS: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "report_multiple_bugs": False,
    "phases": [Phase.generate, Phase.shrink],
    "suppress_health_check": list(HealthCheck),
}
settings.register_profile("bounded", max_examples=20, derandomize=True, **_ALWAYS)
settings.register_profile("long", max_examples=20_000, **_ALWAYS)
settings.load_profile("bounded")
