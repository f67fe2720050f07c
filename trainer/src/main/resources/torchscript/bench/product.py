# One matrix product, as large as asked for, of f32 or bf16 numbers: [rows, columns, bf16] i64[3] -> f32[1, 1].


def forward(self, shape: Tensor) -> Tensor:
    rows = int(shape[0].item())
    columns = int(shape[1].item())
    if int(shape[2].item()) == 1:
        return torch.linear(self.a16[:rows], self.b16[:columns])[:1, :1].float()
    return torch.linear(self.a[:rows], self.b[:columns])[:1, :1]
