"""The test bench: the messages that each phone got, as one page."""
