"""What happens here, told to other systems: signed, in order, retried for three days."""
