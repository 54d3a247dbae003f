"""The rules of targets, pure: target, baseline, counting, pace, episode."""
