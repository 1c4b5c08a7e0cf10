"""The test bench: what each phone got, as one page."""
