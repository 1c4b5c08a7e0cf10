"""The sample app of examples/app: compiled, linted, built for the web and driven in Chromium."""
