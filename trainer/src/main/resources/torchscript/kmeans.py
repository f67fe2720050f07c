# Lloyd's algorithm from given centres; an empty cluster keeps its centre.


def forward(self, points: Tensor, centres: Tensor, iterations: int) -> Tuple[Tensor, Tensor]:
    # points [N, d], centres [K, d] -> centres [K, d], index of each point's centre i64 [N].
    nearest = torch.argmin(torch.cdist(points, centres), 1)
    for i in range(iterations):
        count = torch.bincount(nearest, None, centres.size(0)).unsqueeze(1)
        total = torch.zeros_like(centres).index_add(0, nearest, points)
        centres = torch.where(count > 0, total / torch.clamp_min(count, 1).to(total.dtype), centres)
        nearest = torch.argmin(torch.cdist(points, centres), 1)
    return centres, nearest
