"""QR codes of our own addresses, with the newsroom's logo in the middle."""
