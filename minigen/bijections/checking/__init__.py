"""What ``check_bijection`` is made of: the promises of a bijection, and the mistakes that break them."""

from minigen.bijections.checking.check import BijectionError, Report, check_bijection

__all__ = ["BijectionError", "Report", "check_bijection"]
