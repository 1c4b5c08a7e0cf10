"""Hosts of before: Firebase Dynamic Links, and sites from which articles were moved here."""
