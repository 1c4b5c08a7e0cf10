"""What the app asks when it was opened: the route table, the screen of an address, a claim."""
