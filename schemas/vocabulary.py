"""What a member's name means wherever it stands, and a true example of it.

A name has one meaning in the whole API. A field that needs other words, or another example, says
so in its own `metadata`.
"""

from collections.abc import Mapping
from typing import Any

MEANINGS: Mapping[str, str] = {}
EXAMPLES: Mapping[str, Any] = {}
