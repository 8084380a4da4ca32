"""Where minigen answers otherwise than PyTorch, and why: {line: reason}."""

DEVIATIONS = {}
