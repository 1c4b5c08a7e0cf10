"""What editors do: plan, correct, recall, halt, look up."""
