"""Progress as a series of days, weeks or months."""
