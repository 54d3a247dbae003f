"""What would be payable: asked without a token, nothing is recorded."""
