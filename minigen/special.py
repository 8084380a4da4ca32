"""``minigen.special``: the special functions in one place, under the names of ``torch.special`` and ``scipy.special``."""

from minigen.ops.elementwise import expm1, log1p, round
from minigen.ops.gamma import digamma, gammaln, lgamma, polygamma, psi
from minigen.ops.incomplete import betainc, betainc_ratio, gammainc, gammainc_ratio, gammaincc
from minigen.ops.logarithms import expit, log_expit, logit, xlog1py, xlogy
from minigen.ops.normal import erf, erfc, erfinv, log_ndtr, ndtr, ndtri, normal_hazard
from minigen.ops.reduce import log_softmax, logsumexp, softmax

__all__ = [
    "betainc", "betainc_ratio", "digamma", "erf", "erfc", "erfinv", "expit", "expm1", "gammainc", "gammainc_ratio", "gammaincc",
    "gammaln", "lgamma", "log1p", "log_expit", "log_ndtr", "log_softmax", "logit", "logsumexp", "ndtr", "ndtri", "normal_hazard",
    "polygamma", "psi", "round", "softmax", "xlog1py", "xlogy",
]  # fmt: skip
