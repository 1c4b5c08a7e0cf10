"""Receipts of installations: received and opened alerts; and their in-app inbox."""
