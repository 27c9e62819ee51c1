"""Job documents: their sources, placeholders, parameters and what a device is given."""
