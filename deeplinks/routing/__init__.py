"""The route table: web paths to screens and back, the app's ids and hosts, an address resolved."""
