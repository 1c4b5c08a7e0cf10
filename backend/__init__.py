"""The newsroom: articles, tags, feeds, ingest, audience and the public pages."""
