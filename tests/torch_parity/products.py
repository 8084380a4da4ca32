"""Lines of products and linear algebra, separated by `` ; ``; for the names see ``judge``."""

LINES = r"""
x.matmul(m43) ; m.matmul(x, m43) ; m.mm(x, m43) ; x.mm(m43) ; m.mm(c, c) ; m.bmm(a3, a3) ; a3.bmm(c2[:, :, :]) ; c.bmm(c2)
m.matmul(c, m43) ; m.matmul(x, c2) ; m.matmul(c, c2) ; m.matmul(v, m43) ; m.matmul(m43, w[:, 0]) ; m.matmul(v, v)
m.matmul(c, v) ; m.matmul(v, c2) ; m.matmul(e.T, e) ; m.matmul(e, m43) ; m.matmul(x, x) ; m.matmul(s, x) ; m.matmul(ii, jj.T)
m.matmul(f, f.T) ; m.mv(x, v) ; x.mv(v) ; m.dot(v, v) ; v.dot(rv) ; m.outer(v, w[:, 0]) ; v.outer(v) ; m.outer(x, v)
m.outer(h, h) ; m.einsum('ij,jk->ik',x,m43) ; m.einsum('ij,jk',x,m43) ; m.einsum('i,j->ij',v,v) ; m.einsum('bij,bjk->bik',c,c2)
m.einsum('...ij,...jk->...ik',c,c2) ; m.einsum('...ij,jk->...ik',c,m43) ; m.einsum('ij,ij->',x,y) ; m.einsum('ij,ij->i',x,y)
m.einsum('ij, ij -> i',x,y) ; m.einsum('i,ij,j',w[:,0],x,v) ; m.einsum('bi,ij,bj->b',x,a,y) ; m.einsum('ij,jk->ik',[x,m43])
m.einsum('ij,j',x,v) ; m.einsum('ij,jk->ik',x,x) ; m.einsum('ij->ik',x) ; m.einsum('ij,kj->ik',x,y)
m.einsum('Ab,bC->AC',x,m43) ; m.einsum('ij,ij->ij',x,v[None]) ; m.einsum('ij,jk->ik',e,m43) ; m.einsum('ij,jk->ki',x,m43)
m.tensordot(x, m43, 1) ; m.tensordot(x, m43, dims=1) ; m.tensordot(c, c, dims=([0, 1], [0, 1])) ; m.tensordot(c, x, dims=2)
m.tensordot(c, x, dims=([1, 2], [0, 1])) ; m.tensordot(x, y, dims=0) ; m.tensordot(x, y) ; m.tensordot(c, c2, dims=([2], [1]))
m.trace(a) ; m.trace(x) ; a.trace() ; m.trace(ii) ; m.trace(c) ; m.einsum('i->', e[:, 0]) ; m.einsum('ij,jk->k', e, a)
m.matmul(input=x, other=m43) ; la.det(a) ; la.det(a3) ; m.det(a) ; a.det() ; la.det(x) ; la.slogdet(a).logabsdet ; m.logdet(spd)
la.inv(a) ; la.inv(a3) ; m.inverse(a) ; a.inverse() ; la.inv(a*0) ; la.solve(a, rhs) ; la.solve(a, rv) ; la.solve(a3, rhs)
la.solve(a3, a3) ; la.solve(a, a3) ; la.solve(a, rhs, left=True) ; la.solve(a, rhs.T, left=False)
la.solve_triangular(tr, rhs, upper=False) ; la.solve_triangular(tr.T, rhs, upper=True)
la.solve_triangular(tr, rhs.T, upper=False, left=False) ; la.solve_triangular(tr, rhs, upper=False, unitriangular=True)
la.solve_triangular(a, rhs, upper=True) ; la.cholesky(spd) ; la.cholesky(spd, upper=True) ; la.cholesky(-spd) ; la.qr(a)
la.qr(m43) ; la.qr(m43, mode='reduced') ; la.qr(m43)[1] ; la.qr(m43).R ; la.qr(m43.T) ; la.eigh(sym).eigenvalues
la.eigh(sym)[0] ; la.eigh(sym)[1]**2 ; la.eigh(spd).eigenvectors.abs() ; la.eigh(sym, UPLO='U')[0] ; la.eigvalsh(sym)
la.svd(m43).S ; la.svd(m43)[1] ; la.svd(m43, full_matrices=False).S ; la.svd(m43, full_matrices=False)[0]**2
la.svd(m43, full_matrices=False).Vh**2 ; la.svd(a3)[0]**2 ; la.svdvals(m43) ; la.norm(x) ; la.norm(x, 2) ; la.norm(x, 'fro')
la.norm(x, 'nuc') ; la.norm(x, ord=1) ; la.norm(x, inf) ; la.norm(x, -inf) ; la.norm(x, dim=1) ; la.norm(x, ord=1, dim=0)
la.norm(v, 3) ; la.norm(v, 0) ; la.norm(c, dim=(1, 2)) ; la.norm(c, ord=2, dim=(1, 2)) ; la.norm(c) ; la.norm(c, 2)
la.norm(x, dim=-1, keepdim=True) ; la.norm(x, 2, 1, True) ; la.norm(x, ord='fro', dim=(0, 1), keepdim=True) ; la.norm(f)
la.norm(s) ; la.norm(e) ; la.vector_norm(x) ; la.vector_norm(x, ord=1, dim=1) ; la.vector_norm(x, 3) ; la.matrix_norm(x)
la.matrix_norm(x, 2) ; la.matrix_norm(c, 'nuc') ; la.matrix_norm(c, ord=1, dim=(0, 1), keepdim=True) ; la.matrix_power(a, 3)
la.matrix_power(a, -2) ; la.pinv(m43) ; la.inv(spd.float()) ; la.det(a.float()) ; la.cholesky(spd.float())
la.eigh(sym.float())[0] ; la.solve(a.float(), rhs.float()) ; la.norm(A=x) ; la.cholesky(spd[:0]) ; la.det(a3[:0])
la.inv(a3[:0]) ; la.norm(x, ord=2, dim=1) ; m.det(a) ; m.logdet(spd) ; m.inverse(a) ; m.slogdet(spd)[1]
"""
