"""Receive requests and return answers: in process, through WSGI, or for the control API."""
