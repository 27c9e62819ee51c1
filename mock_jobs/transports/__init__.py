"""How a request comes in and its answer goes back: in process, through WSGI, or to the control API."""
