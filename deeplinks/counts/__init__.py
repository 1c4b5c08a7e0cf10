"""Daily counts of downloads, clicks and misprints: buffered, written, reported."""
