"""Where minigen answers otherwise than PyTorch, and why: {line: reason}."""

SETTINGS = "not a setting here: write it out"
REFUSED = "minigen refuses what passes silently in PyTorch"
NUMPY = "the result keeps to NumPy's rule"
LIMIT = "minigen has the limit, or the number where PyTorch clips; PyTorch has NaN or ∞"

DEVIATIONS = {
    # calls
    "m.add(x, y, alpha=2)": SETTINGS,
    "m.sub(x, y, alpha=2)": SETTINGS,
    "m.div(x, q, rounding_mode='floor')": "floor_divide, or trunc of the quotient",
    "m.var(x, False)": "unbiased=False, or correction=0: the second argument is the axis",
    "m.where(b)": "nonzero(b, as_tuple=True)",
    "x.where(b, y)": "minigen.where(b, x, y)",
    "m.norm(x, p='nuc')": "norms of matrices are in linalg.norm and linalg.matrix_norm",
    "x.view(m.float32)": "reshape only: bits are not read as another dtype",
    "la.qr(m43, mode='complete')": "only the reduced factors have derivatives",
    "F.relu(x, inplace=False)": "nothing is done in place",
    "m.zeros(size=(2, 3))": SETTINGS,
    "D.Normal(x, q).sample_n(2)": "sample((2,))",
    # axes
    # dtypes
    "m.any(k)": "always bool; PyTorch has uint8 for uint8", "m.any(k, 0)": "as above", "m.any(k, -1)": "as above",
    "m.all(k)": "as above", "m.all(k, 0)": "as above", "m.all(k, -1)": "as above",
    "m.pow(b, 2)": NUMPY,
    "m.pow(h, i8)": "whole numbers have no negative powers: minigen says so, PyTorch returns 0",
    "m.pow(k, h)": "as above", "m.pow(b, ii)": "as above",
    "m.erfinv(f16)": "SciPy computes in float32",
    "F.hardtanh(ii)": "the bounds are floats", "F.relu6(ii)": "as above",
    "m.tensor([np.float64(1.5)])": "numbers in a list take the default dtype, NumPy's as well as Python's",
    # kinks and ends
    "m.max(nn)": "among several NaN none is singled out: the gradient is NaN everywhere",
    "m.norm(v * 0)": "the second derivative at the kink is 0, as the first",
    "m.norm(t, -1)": "as above",
    "F.normalize(x * 0)": "as above",
    "m.pow(ii, q)": LIMIT, "m.pow(b, x)": LIMIT,
    "m.xlogy(z0, z0)": LIMIT,
    "F.binary_cross_entropy(pz, tz)": LIMIT,
    "F.kl_div(lp, pr * 0)": LIMIT,
    "m.topk(ii, 1)": "of equal numbers the first; PyTorch takes any",
    # bad input
    "m.cat([x, T([])])": REFUSED,
    "F.mse_loss(x, v)": REFUSED, "F.kl_div(lp, pr[:1])": REFUSED, "F.gaussian_nll_loss(x, v, q)": REFUSED,
    "F.cross_entropy(lg, T([-100] * 6))": REFUSED, "F.nll_loss(lp, T([-100] * 6))": REFUSED,
    "F.linear(x, v)": REFUSED,
    "D.Categorical(probs=q).log_prob(cat)": REFUSED,
    # distributions
    "D.Categorical(logits=x).mean": "categories are names: PyTorch's mean is NaN", "D.Categorical(logits=x).variance": "as above",
    "D.Categorical(logits=x).stddev": "as above",
    "D.Categorical(logits=x).logits": "as given; PyTorch normalizes them",
    "D.Categorical(logits=x).enumerate_support()": "not repeated over the batch, so that it broadcasts",
    "D.Bernoulli(logits=x).enumerate_support()": "as above",
    "D.Uniform(lo, hi).mode": "there is none; PyTorch has NaN",
    "D.Weibull(q, q2).mode": LIMIT,
    "D.Binomial(5, logits=x).mode": "a whole number has no gradient", "D.Binomial(5, p).mode": "as above",
    "D.Gamma(q, q2).log_prob(-pos)": "−∞ outside the support unless validate_args=True; PyTorch raises by default",
    "D.Uniform(lo, hi, validate_args=False).log_prob(hi + 1)": LIMIT,
    "D.LogNormal(x, q, validate_args=False).log_prob(-pos)": LIMIT,
    "D.Bernoulli(probs=T([0., 1.])).log_prob(T([1., 0.]))": LIMIT,
    "D.Categorical(probs=T([0., 1.])).log_prob(T(0))": LIMIT,
    "D.kl_divergence(D.Uniform(lo, hi), D.Gamma(q2, pos + .2))": LIMIT,
    "D.kl_divergence(D.Uniform(lo, hi), D.Beta(q2, pos + .2))": LIMIT,
}  # fmt: skip
