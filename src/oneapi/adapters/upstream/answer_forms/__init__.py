"""The forms an answer can have, whole or streamed, and conversions between them."""
