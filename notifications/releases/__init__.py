"""Routes are told of what was hushed, once what hushed it is over."""
