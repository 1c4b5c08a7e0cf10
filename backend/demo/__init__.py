"""The demo newsroom: invented publishers, their articles and pictures, and three phones."""
