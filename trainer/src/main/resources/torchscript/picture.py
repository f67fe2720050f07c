# Predicts from z how an item's picture looks, by one linear map: mean and standard deviation of each
# colour in each cell of a grid, so that z keeps colours, light, places and textures.


def statistics(self, images: Tensor) -> Tensor:
    # u8 [B, 3, H, W] -> [B, 6 G G].
    x = images.float() / 255.0
    mean = torch.adaptive_avg_pool2d(x, [self.grid, self.grid])
    square = torch.adaptive_avg_pool2d(x * x, [self.grid, self.grid])
    deviation = torch.sqrt(torch.clamp_min(square - mean * mean, 0.0))
    return torch.cat([mean.flatten(1), deviation.flatten(1)], 1)


def target(self, images: Tensor) -> Tensor:
    # The statistics with mean 0 and variance 1 over the training items.
    return (self.statistics(images) - self.mean) / self.deviation


def forward(self, z: Tensor, target: Tensor, image_present: Tensor) -> Tensor:
    # z f32 [B, D], target [B, 6 G G] -> mean squared error of the items that have a picture.
    error = torch.linear(z * self.scale, self.weight, self.bias) - target
    counted = image_present.to(z.dtype)
    return ((error * error).mean(1) * counted).sum() / torch.clamp_min(counted.sum(), 1.0)
