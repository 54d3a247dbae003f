"""The rules of pace as they are shown: when a target counts as behind."""
