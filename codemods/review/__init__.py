"""Results for people and machines: data in, text or bytes out. Nothing here prints."""
