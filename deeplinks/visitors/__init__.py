"""Visitors and their ways on: user agents, in-app browsers, parameters, store addresses."""
