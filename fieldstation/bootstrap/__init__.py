"""The only place that wires the vehicle's parts together; nothing below it knows the settings."""
