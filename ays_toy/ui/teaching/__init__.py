"""For who teaches: links for a class, as text, as QR code and on a sheet of paper, and the Teach page."""
