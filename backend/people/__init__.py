"""The newsroom's people: who they are, how they log in, and what ends that."""
