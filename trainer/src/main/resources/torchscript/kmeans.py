# Lloyd's algorithm from given centres; an empty cluster keeps its centre.


def nearest(self, points: Tensor, centres: Tensor) -> Tensor:
    # The index of each point's centre i64 [N], with at most 2^24 distances in memory.
    some = max(1, 16777216 // centres.size(0))
    return torch.cat([torch.argmin(torch.cdist(part, centres), 1) for part in torch.split(points, some)])


def forward(self, points: Tensor, centres: Tensor, iterations: int) -> Tuple[Tensor, Tensor]:
    # points [N, d], centres [K, d] -> centres [K, d], index of each point's centre i64 [N].
    nearest = self.nearest(points, centres)
    for i in range(iterations):
        count = torch.bincount(nearest, None, centres.size(0)).unsqueeze(1)
        total = torch.zeros_like(centres).index_add(0, nearest, points)
        centres = torch.where(count > 0, total / torch.clamp_min(count, 1).to(total.dtype), centres)
        nearest = self.nearest(points, centres)
    return centres, nearest
