"""Where alerts have left: for streams, which tell whoever listens there."""
