"""Short links: values, targets, what they lead to, what editors do with them."""
