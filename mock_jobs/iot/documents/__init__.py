"""Job documents: their sources, placeholders, parameters and the copies that devices get."""
