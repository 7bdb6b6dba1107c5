"""The Phi family: which models the course can run, and what is known about them."""
