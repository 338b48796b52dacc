"""Water in the plane."""
