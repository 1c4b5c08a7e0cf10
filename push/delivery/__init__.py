"""The push worker: claim, send, classify, record, retry."""
