"""Requests of an app that was opened: the route table, the screen of an address, a claim."""
