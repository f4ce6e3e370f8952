"""The service: HTTP in, HTTP out, nothing about networks."""
