"""Links and addresses of before."""
