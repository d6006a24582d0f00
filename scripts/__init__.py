"""Small tools for working on offloop itself."""
