"""Command-line tools for links: doctor, checks, diff, explain, code generation, import, the app's own
configuration.
"""
