"""Lines of distributions, separated by `` ; ``; for the names see ``judge``."""

LINES = r"""
D.kl_divergence(D.MultivariateNormal(mv, scale_tril=L), D.MultivariateNormal(mv*.5, spd))
D.kl_divergence(D.Independent(D.Normal(x, q), 1), D.Independent(D.Normal(y, q2), 1))
D.kl_divergence(D.Normal(x, q), D.Normal(0., 1.)) ; D.kl_divergence(D.Normal(x, q), D.Normal(T(0.), T(1.)))
D.kl_divergence(D.Uniform(lo, hi), D.Uniform(lo+1, hi))
D.kl_divergence(D.Bernoulli(T([0., 1., .5])), D.Bernoulli(T([.5, 1., 0.]))) ; D.Normal(0., 1.).log_prob(T(0.5))
D.Normal(0, 1).log_prob(T(0.5)) ; D.Normal(0., 1.).sample().dtype.itemsize ; D.Normal(x, 1.).log_prob(y)
D.Normal(x, q).log_prob(col) ; D.Normal(w, q).log_prob(x) ; D.Normal(f, 1.).log_prob(f)
D.Normal(x, q).cdf(T(inf, dtype=x.dtype)) ; D.Normal(x, q).icdf(T(0., dtype=x.dtype)) ; D.Normal(x, -q)
D.Normal(x, q, validate_args=False).log_prob(nn[1]) ; D.Uniform(lo, hi, validate_args=False).log_prob(lo)
D.Uniform(lo, hi, validate_args=False).cdf(hi+1) ; D.Uniform(lo, hi, validate_args=False).cdf(lo-1) ; D.Uniform(hi, lo)
D.Gamma(q, q2).log_prob(T(0., dtype=q.dtype)) ; D.Gamma(T(1.), T(2.)).log_prob(T(0.))
D.Beta(q, q2).log_prob(T(0., dtype=q.dtype)) ; D.Beta(T(1.), T(1.)).log_prob(T(1.)) ; D.Bernoulli(logits=x).probs
D.Bernoulli(probs=p).logits ; D.Bernoulli(probs=T([0., 1.])).log_prob(T([0., 1.]))
D.Bernoulli(logits=x, validate_args=False).log_prob(p) ; D.Bernoulli(probs=p, logits=x) ; D.Bernoulli() ; D.Bernoulli(p+1)
D.Bernoulli(T([0., 1.])).entropy() ; D.Categorical(logits=x).probs ; D.Categorical(logits=x).log_prob(T(1))
D.Categorical(probs=T([0., 1.])).entropy() ; D.Categorical(logits=x).log_prob(cat.to(x.dtype))
D.Binomial(T(5.), T(0.)).log_prob(T(0.)) ; D.Binomial(T(5.), T(1.)).log_prob(T(5.))
D.Normal(x, q).expand((2, 3, 4)).log_prob(y) ; D.Normal(T(0.), T(1.)).expand((2,)).mean
D.Independent(D.Normal(x, q), 2).log_prob(y) ; D.Independent(D.Bernoulli(logits=x), 1).entropy()
D.Independent(D.Normal(c, 1.), 2).log_prob(c) ; D.MultivariateNormal(mv, scale_tril=L).covariance_matrix
D.MultivariateNormal(mv, scale_tril=L).precision_matrix ; D.MultivariateNormal(mv, spd).scale_tril
D.MultivariateNormal(mv, scale_tril=L).log_prob(x[:1]) ; D.MultivariateNormal(v, m.eye(4, dtype=m.float64)).log_prob(x)
D.MultivariateNormal(v, scale_tril=m.eye(4, dtype=m.float64)).entropy()
D.MixtureSameFamily(D.Categorical(logits=ml), D.Normal(mx, ms)).cdf(mval)
D.MixtureSameFamily(D.Categorical(logits=ml[0]), D.Independent(D.Normal(mx[:, :5].T, ms.T), 1)).log_prob(mval)
D.Laplace(0., 1.).log_prob(T(-2.)) ; D.Weibull(T(1.), T(2.)).log_prob(T(.5))
D.Weibull(scale=q, concentration=q2).log_prob(pos) ; D.Gamma(concentration=q, rate=q2).log_prob(pos)
D.Beta(concentration1=q, concentration0=q2).log_prob(u) ; D.Normal(loc=x, scale=q).log_prob(y) ; D.Gamma(q, q2).concentration
D.Gamma(q, q2).rate ; D.Normal(x, q).rsample((2,)).requires_grad
"""
