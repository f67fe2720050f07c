# Linear read-outs of vectors: what one linear map of them can tell, fitted on some rows and tried on
# others. In double precision.
#
# Shapes: N rows to fit on, M rows to try on, D the width, C kinds.


def whiten(self, fitted: Tensor, tried: Tensor, ridge: float) -> Tuple[Tensor, Tensor]:
    # [N, D], [M, D] -> the same, minus the mean of the fitted rows and with their covariance made
    # one. `ridge`, as a share of the mean variance, is added to each variance before, so that least
    # squares on the result is ridge regression on the rows.
    mean = fitted.double().mean(0, True)
    x = fitted.double() - mean
    cov = torch.matmul(x.t(), x) / x.size(0)
    spread = torch.clamp_min(torch.diagonal(cov).mean(), 1e-12)
    cov = cov + ridge * spread * torch.eye(cov.size(0), dtype=cov.dtype)
    root = torch.linalg_cholesky(cov)
    y = tried.double() - mean
    return (
        torch.linalg_solve_triangular(root, x.t(), upper=False).t(),
        torch.linalg_solve_triangular(root, y.t(), upper=False).t(),
    )


def regress(self, fitted: Tensor, target: Tensor, tried: Tensor) -> Tensor:
    # Whitened rows [N, D] and [M, D], f64 [N] -> f64 [M].
    mean = target.double().mean()
    weight = torch.mv(fitted.t(), target.double() - mean) / fitted.size(0)
    return torch.mv(tried, weight) + mean


def classify(self, fitted: Tensor, kind: Tensor, kinds: int, tried: Tensor, decay: float, steps: int) -> Tensor:
    # Multinomial logistic regression by Nesterov's method. Whitened rows [N, D] and [M, D], i64 [N]
    # -> i64 [M]. On whitened rows the loss's curvature is at most 1/2 + decay, which gives the step.
    x = torch.cat([fitted, torch.ones_like(fitted[:, :1])], 1)
    truth = torch.one_hot(kind, kinds).double()
    step = 1.0 / (0.5 + decay)
    w = torch.zeros([x.size(1), kinds], dtype=x.dtype)
    ahead = w
    momentum = 1.0
    for i in range(steps):
        error = torch.softmax(torch.matmul(x, ahead), 1) - truth
        moved = ahead - step * (torch.matmul(x.t(), error) / x.size(0) + decay * ahead)
        following = (1.0 + (1.0 + 4.0 * momentum * momentum) ** 0.5) / 2.0
        ahead = moved + (momentum - 1.0) / following * (moved - w)
        w = moved
        momentum = following
    return torch.argmax(torch.matmul(torch.cat([tried, torch.ones_like(tried[:, :1])], 1), w), 1)


def effective_rank(self, rows: Tensor) -> Tensor:
    # exp of the entropy of the shares that the principal directions [D] have in the variance.
    x = rows.double()
    x = x - x.mean(0, True)
    share = torch.clamp_min(torch.linalg_eigvalsh(torch.matmul(x.t(), x)), 0.0)
    share = share / torch.clamp_min(share.sum(), 1e-12)
    return torch.exp(-torch.xlogy(share, share).sum())
