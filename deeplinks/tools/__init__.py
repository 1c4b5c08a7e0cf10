"""Command-line tools for links: doctor, checks, diff, explain, code generation, import; and the
app's own project.
"""
