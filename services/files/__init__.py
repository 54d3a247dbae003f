"""Tables in files, as spreadsheets write them."""
