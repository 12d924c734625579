"""How good pictures, numbers and findings are, measured on simulated plates of which the truth is known."""
