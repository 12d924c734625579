"""Today: the route as a list of stops with their orders."""
