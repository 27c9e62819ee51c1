"""How a request reaches the core: the seams to botocore, to moto and to WSGI."""
