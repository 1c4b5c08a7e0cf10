"""Work of editors: plan, correct, recall, halt, look up."""
