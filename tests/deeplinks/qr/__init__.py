"""QR codes of short links."""
