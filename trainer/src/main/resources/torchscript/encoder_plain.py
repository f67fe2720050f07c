# SaviorEnc as the paper has it: patches are linear in their pixels, and everything goes through the
# transformers.


def image_stem(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    # f32 [B, 3, H, W] -> patches [B, P, W]; nothing is added to the class token [B, W], and nothing
    # goes straight to z [B, D].
    patches = torch.conv2d(x, self.image_patch_weight, None, [self.patch, self.patch]).flatten(2)
    added = torch.zeros([x.size(0), patches.size(1)], dtype=x.dtype, device=x.device)
    straight = torch.zeros([x.size(0), self.centre.size(0)], dtype=x.dtype, device=x.device)
    return patches.transpose(1, 2), added, straight


def text_straight(self, token_ids: Tensor, token_mask: Tensor, text: Tensor) -> Tensor:
    return torch.zeros([token_ids.size(0), self.centre.size(0)], dtype=self.centre.dtype, device=self.centre.device)
