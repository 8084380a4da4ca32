"""Seeing what was computed: the graph behind a loss as a table and a drawing, a tensor as a picture of its numbers."""

from minigen.explain.graph import Explanation, explain
from minigen.explain.heatmap import tensor_html

__all__ = ["Explanation", "explain", "tensor_html"]
