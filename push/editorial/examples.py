"""Example."""

DRAFT: dict[str, object] = {}
PREVIEW: dict[str, object] = {}
