"""Names crossed with inputs: {what: its lines}; for the names of inputs see ``judge``."""

UNARY = """abs neg exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh
    sigmoid sign floor ceil trunc round isnan isfinite isinf logical_not erf erfc erfinv lgamma digamma logit""".split()
BINARY = """add sub mul div pow maximum minimum remainder atan2 logaddexp floor_divide eq ne lt le gt ge logical_and logical_or
    logical_xor""".split()
PAIRS = """q,pos x,q x,v x,w c,x x,s s,x e,v e,s o,x w,v ii,jj ii,q q,ii b,b2 b,x x,b k,h b,ii ii,b f,x x,fs f,ds ii,ds ii,fs fs,ii i8,k
    h,i8""".split()
NUMBERS = "q,2 q,1.5 ii,2 ii,1.5 b,2 k,2 b,1.5 f,np.float64(2) ii,np.int64(2)".split()
REDUCTIONS = "sum mean prod var std max min amax amin argmax argmin any all logsumexp norm count_nonzero".split()
ALONG = "cumsum cumprod softmax log_softmax logsumexp".split()
ANY = "x c e e2 ii b k h i8 s t f f16 fs".split()
ACTIVATIONS = "relu leaky_relu elu selu gelu silu softplus softsign logsigmoid hardtanh relu6 sigmoid tanh softsign".split()
DISTRIBUTIONS = {  # its constructor -> a value in its support
    "Normal(x, q)": "y", "Laplace(x, q)": "y", "LogNormal(x, q)": "pos", "Uniform(lo, hi)": "(lo + hi) / 2", "Gamma(q, q2)": "pos",
    "Beta(q, q2)": "u", "Weibull(q, q2)": "pos", "Bernoulli(logits=x)": "b.to(x.dtype)", "Bernoulli(p)": "b.to(x.dtype)",
    "Categorical(logits=x)": "cat", "Binomial(5, logits=x)": "cnt", "Binomial(5, p)": "cnt",
    "MultivariateNormal(mv, scale_tril=L)": "x[:2]", "MultivariateNormal(mv, spd)": "x[:2]",
    "MultivariateNormal(mv, precision_matrix=spd)": "x[:2]", "Independent(D.Normal(x, q), 1)": "y",
    "MixtureSameFamily(D.Categorical(logits=ml), D.Normal(mx, ms))": "mval",
}  # fmt: skip
TWO = {  # family -> two of its kind
    "Normal": ("x, q", "y, q2"), "Laplace": ("x, q", "y, q2"), "LogNormal": ("x, q", "y, q2"), "Uniform": ("lo, hi", "lo - 1, hi + 1"),
    "Gamma": ("q, q2", "q2, pos + .2"), "Beta": ("q, q2", "q2, pos + .2"), "Weibull": ("q, q2", "q2, pos + .5"),
    "Bernoulli": ("logits=x", "logits=y"), "Categorical": ("logits=x", "logits=y"), "Binomial": ("5, logits=x", "5, logits=y"),
}  # fmt: skip


def unary(name):
    inside = "big" if name == "acosh" else "p"
    return [f"m.{name}({z})" for z in f"{inside} s e e2 ii b k i8 c f f16".split()] + [f"{inside}.{name}()", f"m.{name}(input={inside})"]


def binary(name):
    lines = [f"m.{name}({pair.replace(',', ', ')})" for pair in PAIRS] + [f"q.{name}(pos)", f"m.{name}(input=q, {second(name)}=pos)"]
    numbers = [] if name in "maximum minimum atan2 logaddexp logical_and logical_or logical_xor".split() else NUMBERS
    return lines + [f"m.{name}({pair.replace(',', ', ')})" for pair in numbers]


def second(name):
    return "exponent" if name == "pow" else "other"


def reduction(name):
    whole = [f"m.{name}({z})" for z in ANY] if name not in ALONG else []
    one = [f"m.{name}({z}, {axis})" for z in ANY for axis in (0, -1) if (z, name) != ("b", "max")]
    spelled = [f"m.{name}(x, dim=1)", f"x.{name}(dim=-2)", f"c.{name}(1)", f"m.{name}(x, 5)", f"m.{name}(input=x, dim=1)"]
    if name in ALONG[:-1]:
        return one + spelled
    if name != "count_nonzero":
        spelled += [f"{z}.{name}(dim={axis}, keepdim=True)" for z, axis in [("x", 1), ("s", 0), ("e", 1), ("c", -2)]]
    if name in "sum mean var std amax amin logsumexp norm any all count_nonzero".split():
        spelled += [f"c.{name}(dim={axes})" for axes in ["(0, 2)", "[1, 2]", "(0, -1)", "(0, 0)"]]
    return whole + one + spelled


def distribution(made, value):
    lines = [f"D.{made}.{what}" for what in "mean variance stddev mode entropy() has_rsample sample().shape sample((2,3)).shape".split()]
    lines += [f"D.{made}.{what}({value})" for what in ("log_prob", "cdf")] + [f"D.{made}.sample().requires_grad", f"D.{made}.sample() * 0"]
    return lines + [f"D.{made}.icdf(u)"] * made.startswith(("Normal", "Laplace", "LogNormal", "Uniform", "Weibull"))


GRIDS = {
    **{name: unary(name) for name in UNARY},
    **{name: binary(name) for name in BINARY},
    **{name: reduction(name) for name in dict.fromkeys(REDUCTIONS + ALONG)},
    **{f"F.{name}": [f"F.{name}({z})" for z in "x kink ext s e e2 f f16 ii b".split()] for name in ACTIVATIONS},
    "special": [f"sp.{name}({z})" for name in "erf erfc erfinv digamma expit expm1 logit log1p ndtr ndtri log_ndtr".split() for z in "peb"],
    **{made: distribution(made, value) for made, value in DISTRIBUTIONS.items()},
    **{f"KL {p}": [f"D.kl_divergence(D.{p}({TWO[p][0]}), D.{q}({TWO[q][1]}))" for q in TWO] for p in TWO},
}
