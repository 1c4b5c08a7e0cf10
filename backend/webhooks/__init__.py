"""Webhooks: a transactional outbox; signed, ordered, at-least-once, retried for three days."""
