"""Lines of arithmetic, comparisons, choosing and special functions, separated by `` ; ``; for the names see ``judge``."""

LINES = r"""
m.pow(2, x) ; m.pow(2.0, x) ; m.pow(2, ii.abs()) ; m.pow(x, 3) ; m.pow(x, 0) ; m.pow(x, -2) ; x**2 ; q**0.5 ; q**-1.5 ; 2**x
2.5**x ; x**jj ; jj**2 ; jj**jj ; ii**0.5 ; 2**jj ; (-q)**3.0 ; m.remainder(-7, ii.abs()+1) ; x%2 ; x%-1.5 ; ii%3 ; ii%-3
3%jj.clamp(min=1) ; ii//2 ; -7//jj.clamp(min=1) ; ii/2 ; 1/q ; 2-x ; 2-ii ; 1.5-ii ; True+ii ; x+True ; -x ; +x ; abs(x) ; -ii
-b ; ~b ; ~ii ; b&b2 ; b|b2 ; b^b2 ; b&True ; True|b ; ii&3 ; ii|jj ; 3^ii ; x@m43 ; v@m43 ; m43@v ; x@v ; x@2 ; x==y ; x==1
1==x ; ii==ii ; x!=y ; x<0 ; 0<x ; x<=v ; x>=w ; x>b ; b==True ; b<b2 ; ii>1.5 ; x is None ; m.lerp(x, y, 0.3) ; m.lerp(x, y, p)
x.lerp(y, weight=0.3) ; m.lerp(x, y, s) ; m.lerp(x, v, w) ; m.where(b, x, y) ; m.where(b, x, 0.) ; m.where(b, 0., x)
m.where(b, 1, x) ; m.where(b, x, v) ; m.where(x>0, x, s) ; m.where(b, 1., 2.) ; m.where(b, 1, 2) ; m.where(b, True, False)
m.where(b, 1, 2.) ; m.where(b, ii, 2) ; m.where(b, ii, 2.5) ; m.where(b, ii, x) ; m.where(bv, x, -inf) ; m.where(b, f, 0.)
m.where(b, ii, jj) ; m.where(e>0, e, 1.) ; m.where(b, h[0], x) ; m.where(b, k[0], 3) ; m.where(x>0, x.log(), 0.)
m.where(b, x, x) ; m.where(b, y, x) ; m.clamp(x, 0) ; m.clamp(x, -0.5, 0.5) ; x.clamp(min=0) ; x.clamp(max=0.2)
x.clamp(min=-.3, max=.3) ; x.clamp(0) ; x.clamp_min(0) ; x.clamp_max(0.1) ; m.clamp_min(x, 0.1) ; m.clamp(x, min=y)
m.clamp(x, y, q) ; m.clamp(x, min=v) ; m.clamp(ii, 0, 2) ; ii.clamp(min=0.5) ; ii.clamp(min=0) ; m.clip(x, -1, 1)
m.clamp(nn, -1, 1) ; m.clamp(x) ; x.clamp(1, -1) ; k.clamp(2, 5) ; m.clamp(x, max=nan) ; m.clamp(f, 0, 1) ; b.clamp(0, 1)
m.clamp(e, 0, 1) ; x.clamp_min(min=0) ; m.clamp_max(x, max=0) ; m.clamp(t, 1, 2) ; m.clamp(t, min=T(2.)) ; ii.clamp(x, y)
m.clamp(x, None, 1) ; m.maximum(t, t) ; m.minimum(t, t*1) ; m.maximum(x, y) ; x.maximum(y) ; m.maximum(x, T(0.))
m.maximum(nn, T(0.)) ; m.max(x, y) ; m.min(x, y) ; m.round(x, decimals=1) ; x.round(decimals=2) ; m.isclose(x, y)
m.allclose(x, x) ; x.allclose(x) ; m.isclose(x, x, rtol=1e-3, atol=1e-2, equal_nan=True) ; m.isclose(nn, nn)
m.isclose(nn, nn, equal_nan=True) ; m.reciprocal(jj) ; m.logaddexp(x, x) ; m.xlogy(p, q) ; sp.xlogy(p, q) ; sp.xlogy(p, 2)
sp.xlogy(2, p) ; sp.xlog1py(p, q) ; sp.xlog1py(2, p) ; x.xlogy(q) ; m.xlogy(jj, q) ; sp.xlog1py(z0, z0) ; m.atan2(ii, jj)
m.arctan2(x, y) ; m.softmax(x, 1) ; m.bitwise_and(ii, jj) ; m.bitwise_not(b) ; x+2 ; 2+x ; x+np.float64(2) ; np.float64(2)*x
f*np.float64(2) ; np.float64(2)*f ; np.float32(2)*f ; f+np.float32(1) ; f/np.float64(3) ; np.float64(3)/f ; np.float64(3)-f
np.float64(2)**f ; f**np.float64(2) ; f%np.float64(2) ; f<np.float64(0) ; np.float64(0)<f ; ii+np.int64(2) ; np.int64(2)+ii
ii*np.float64(2) ; np.float64(2)*ii ; f*np.int64(2) ; np.int64(2)*f ; m.where(b, f, np.float64(2)) ; f.clamp(min=np.float64(0))
m.add(f, np.float64(1)) ; f==np.float64(1) ; f+np.bool_(True) ; f.clamp(np.float32(0), np.float32(1)) ; m.maximum(f, fs)
sp.erf(p) ; sp.erf(e) ; sp.erf(ii) ; sp.erf(b) ; sp.erf(nn) ; sp.erfc(p) ; sp.erfc(e) ; sp.erfc(ii) ; sp.erfc(b) ; sp.erfc(nn)
sp.erfinv(p) ; sp.erfinv(e) ; sp.erfinv(ii) ; sp.erfinv(b) ; sp.erfinv(nn) ; sp.digamma(p) ; sp.digamma(e) ; sp.digamma(ii)
sp.digamma(b) ; sp.digamma(nn) ; sp.expit(p) ; sp.expit(e) ; sp.expit(ii) ; sp.expit(b) ; sp.expit(nn) ; sp.expm1(p)
sp.expm1(e) ; sp.expm1(ii) ; sp.expm1(b) ; sp.expm1(nn) ; sp.logit(p) ; sp.logit(e) ; sp.logit(ii) ; sp.logit(b) ; sp.logit(nn)
sp.log1p(p) ; sp.log1p(e) ; sp.log1p(ii) ; sp.log1p(b) ; sp.log1p(nn) ; sp.ndtr(p) ; sp.ndtr(e) ; sp.ndtr(ii) ; sp.ndtr(b)
sp.ndtr(nn) ; sp.ndtri(p) ; sp.ndtri(e) ; sp.ndtri(ii) ; sp.ndtri(b) ; sp.ndtri(nn) ; sp.log_ndtr(p) ; sp.log_ndtr(e)
sp.log_ndtr(ii) ; sp.log_ndtr(b) ; sp.gammaln(p) ; sp.gammaln(e) ; sp.gammaln(ii) ; sp.gammaln(b) ; sp.psi(p) ; sp.psi(e)
sp.psi(ii) ; sp.psi(b) ; sp.psi(nn) ; sp.round(p) ; sp.round(e) ; sp.round(nn) ; sp.polygamma(1, q) ; sp.polygamma(0, q)
m.polygamma(2, q) ; sp.polygamma(1, e) ; sp.polygamma(1, jj) ; m.logit(x, 0.1) ; sp.logit(x, eps=1e-3) ; x.logit(eps=0.1)
m.special.erf(x) ; m.add(input=x, other=y) ; x.add(other=2) ; q.pow(exponent=2) ; m.lerp(x, y, 0.5) ; m.square(b) ; m.sign(b)
"""
