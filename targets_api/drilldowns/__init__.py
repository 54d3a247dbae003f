"""Those below an organisation, each with their figures."""
