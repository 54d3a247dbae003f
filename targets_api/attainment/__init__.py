"""How far targets have come: locked, advanced, recounted and saved."""
