"""Who asks and what leads them on: user agents, in-app browsers, parameters, store addresses."""
