"""Public names of the two platforms' rule evaluators. Pure."""

from deeplinks.android import android_decision, android_outcome
from deeplinks.apple import apple_decision, apple_outcome

__all__ = ["android_decision", "android_outcome", "apple_decision", "apple_outcome"]
