# SaviorEnc (eq. 2): an image tower and a text tower of the CN-CLIP shape, a transformer that merges
# their tokens into one query, and a projection head. How a picture is cut into patches, and what of
# picture and words goes straight to z, past the transformers, is in encoder_shortcuts.py or
# encoder_plain.py; which words do, in encoder_bag.py or encoder_pooled.py.
#
# Shapes: B items, P patches, T tokens, W a tower's width, E the shared width, D the width of z.
# The layers of a stack share one parameter whose first dimension is the layer.


def unit(self, x: Tensor) -> Tensor:
    # A zero row stays zero, with a finite gradient.
    return x * torch.rsqrt(torch.clamp_min((x * x).sum(-1, True), 1e-12))


def layer_norm(self, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    return torch.layer_norm(x, [x.size(-1)], weight, bias, eps)


def attend(self, q: Tensor, k: Tensor, v: Tensor, allowed: Optional[Tensor], heads: int, dropout: float) -> Tensor:
    # q [B, n, W], k and v [B, m, W], allowed bool [B, m]: softmax(q kT / sqrt(W / heads)) v per head.
    q = q.view(q.size(0), q.size(1), heads, -1).transpose(1, 2)
    k = k.view(k.size(0), k.size(1), heads, -1).transpose(1, 2)
    v = v.view(v.size(0), v.size(1), heads, -1).transpose(1, 2)
    mask: Optional[Tensor] = None
    if allowed is not None:
        mask = allowed.unsqueeze(1).unsqueeze(1)
    out = torch.scaled_dot_product_attention(q, k, v, mask, dropout, False)
    return out.transpose(1, 2).flatten(2)


def image_tokens(self, images: Tensor, image_present: Tensor) -> Tuple[Tensor, Tensor]:
    # u8 [B, 3, H, W] -> [B, 1 + P, E], a pre-LN ViT with QuickGELU, token 0 is the class token; and
    # what goes straight to z [B, D].
    x = (images.float() / 255.0 - self.pixel_mean) / self.pixel_std
    x = x * image_present.float().view(-1, 1, 1, 1)
    x, added, straight = self.image_stem(x)
    straight = straight * image_present.float().unsqueeze(1)
    x = torch.cat([(self.image_class + added).unsqueeze(1), x], 1) + self.image_position
    x = self.layer_norm(x, self.image_ln_pre_weight, self.image_ln_pre_bias, 1e-5)
    ln_1_weight = torch.unbind(self.image_ln_1_weight)
    ln_1_bias = torch.unbind(self.image_ln_1_bias)
    qkv_weight = torch.unbind(self.image_qkv_weight)
    qkv_bias = torch.unbind(self.image_qkv_bias)
    out_weight = torch.unbind(self.image_out_weight)
    out_bias = torch.unbind(self.image_out_bias)
    ln_2_weight = torch.unbind(self.image_ln_2_weight)
    ln_2_bias = torch.unbind(self.image_ln_2_bias)
    fc_weight = torch.unbind(self.image_fc_weight)
    fc_bias = torch.unbind(self.image_fc_bias)
    proj_weight = torch.unbind(self.image_proj_weight)
    proj_bias = torch.unbind(self.image_proj_bias)
    for i in range(len(qkv_weight)):
        y = self.layer_norm(x, ln_1_weight[i], ln_1_bias[i], 1e-5)
        q, k, v = torch.chunk(torch.linear(y, qkv_weight[i], qkv_bias[i]), 3, -1)
        x = x + torch.linear(self.attend(q, k, v, None, self.image_heads, 0.0), out_weight[i], out_bias[i])
        y = self.layer_norm(x, ln_2_weight[i], ln_2_bias[i], 1e-5)
        y = torch.linear(y, fc_weight[i], fc_bias[i])
        y = y * torch.sigmoid(1.702 * y)
        x = x + torch.linear(y, proj_weight[i], proj_bias[i])
    x = self.layer_norm(x, self.image_ln_post_weight, self.image_ln_post_bias, 1e-5)
    return torch.linear(x, self.image_projection), straight


def text_outputs(self, token_ids: Tensor, allowed: Tensor, dropout: float) -> Tensor:
    # i64 [B, T], bool [B, T] -> [B, T, W]; a post-LN BERT. Token 0 is [CLS].
    x = torch.embedding(self.text_word, token_ids)
    x = x + self.text_position[: token_ids.size(1)] + self.text_type
    x = self.layer_norm(x, self.text_ln_embedding_weight, self.text_ln_embedding_bias, 1e-12)
    x = torch.dropout(x, dropout, dropout > 0.0)
    qkv_weight = torch.unbind(self.text_qkv_weight)
    qkv_bias = torch.unbind(self.text_qkv_bias)
    out_weight = torch.unbind(self.text_out_weight)
    out_bias = torch.unbind(self.text_out_bias)
    ln_1_weight = torch.unbind(self.text_ln_1_weight)
    ln_1_bias = torch.unbind(self.text_ln_1_bias)
    fc_weight = torch.unbind(self.text_fc_weight)
    fc_bias = torch.unbind(self.text_fc_bias)
    proj_weight = torch.unbind(self.text_proj_weight)
    proj_bias = torch.unbind(self.text_proj_bias)
    ln_2_weight = torch.unbind(self.text_ln_2_weight)
    ln_2_bias = torch.unbind(self.text_ln_2_bias)
    for i in range(len(qkv_weight)):
        q, k, v = torch.chunk(torch.linear(x, qkv_weight[i], qkv_bias[i]), 3, -1)
        y = torch.linear(self.attend(q, k, v, allowed, self.text_heads, dropout), out_weight[i], out_bias[i])
        x = self.layer_norm(x + torch.dropout(y, dropout, dropout > 0.0), ln_1_weight[i], ln_1_bias[i], 1e-12)
        y = torch.linear(torch.gelu(torch.linear(x, fc_weight[i], fc_bias[i])), proj_weight[i], proj_bias[i])
        x = self.layer_norm(x + torch.dropout(y, dropout, dropout > 0.0), ln_2_weight[i], ln_2_bias[i], 1e-12)
    return x


def text_tokens(self, token_ids: Tensor, allowed: Tensor, dropout: float) -> Tensor:
    # [B, T, E]
    return torch.linear(self.text_outputs(token_ids, allowed, dropout), self.text_projection)


def merge(self, image: Tensor, text: Tensor, image_present: Tensor, allowed: Tensor, dropout: float) -> Tensor:
    # g: one learned query gathers the tokens of both towers, layer by layer (post-LN) -> [B, E].
    #
    # With one query an item it is cheaper, and the same, to take the keys' matrix to the query and
    # the values' matrix to the result than to project every token: q . (Wk x) = (q Wk) . x and
    # sum p (Wv x) = Wv (sum p x). A bias of the keys would cancel in the softmax.
    tokens = torch.cat([image, text], 1)
    tokens_allowed = torch.cat([image_present.unsqueeze(1).expand(-1, image.size(1)), allowed], 1)
    forbidden = torch.logical_not(tokens_allowed).unsqueeze(1)
    summary = image[:, 0] * image_present.float().unsqueeze(1) + text[:, 0]
    heads = self.merge_heads
    width = summary.size(1)
    q = self.merge_query.expand(summary.size(0), width)
    q_weight = torch.unbind(self.merge_q_weight)
    q_bias = torch.unbind(self.merge_q_bias)
    k_weight = torch.unbind(self.merge_k_weight)
    v_weight = torch.unbind(self.merge_v_weight)
    v_bias = torch.unbind(self.merge_v_bias)
    out_weight = torch.unbind(self.merge_out_weight)
    out_bias = torch.unbind(self.merge_out_bias)
    ln_1_weight = torch.unbind(self.merge_ln_1_weight)
    ln_1_bias = torch.unbind(self.merge_ln_1_bias)
    fc_weight = torch.unbind(self.merge_fc_weight)
    fc_bias = torch.unbind(self.merge_fc_bias)
    proj_weight = torch.unbind(self.merge_proj_weight)
    proj_bias = torch.unbind(self.merge_proj_bias)
    ln_2_weight = torch.unbind(self.merge_ln_2_weight)
    ln_2_bias = torch.unbind(self.merge_ln_2_bias)
    for i in range(len(q_weight)):
        q = q + summary
        query = torch.linear(q, q_weight[i], q_bias[i]).view(-1, heads, width // heads)
        keyed = torch.bmm(query.transpose(0, 1), k_weight[i].view(heads, -1, width)).transpose(0, 1)
        scores = torch.bmm(keyed, tokens.transpose(1, 2)) / float(width // heads) ** 0.5
        share = torch.softmax(scores.masked_fill(forbidden, -1e30), -1)
        gathered = torch.bmm(torch.dropout(share, dropout, dropout > 0.0), tokens)
        value = torch.bmm(gathered.transpose(0, 1), v_weight[i].view(heads, -1, width).transpose(1, 2))
        y = torch.linear(value.transpose(0, 1).flatten(1) + v_bias[i], out_weight[i], out_bias[i])
        q = self.layer_norm(q + y, ln_1_weight[i], ln_1_bias[i], 1e-5)
        y = torch.linear(torch.gelu(torch.linear(q, fc_weight[i], fc_bias[i])), proj_weight[i], proj_bias[i])
        q = self.layer_norm(q + y, ln_2_weight[i], ln_2_bias[i], 1e-5)
    return q


def with_first(self, token_mask: Tensor) -> Tensor:
    # The first position always counts, so that an item without words has something to attend to.
    return torch.cat([torch.ones_like(token_mask[:, :1]), token_mask[:, 1:]], 1)


def head(self, g: Tensor, straight: Tensor) -> Tensor:
    # g_proj: the unit z before centring [B, D].
    h = torch.gelu(torch.linear(g, self.head_1_weight, self.head_1_bias))
    return self.unit(torch.linear(h, self.head_2_weight, self.head_2_bias) + straight)


def embed(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # z before centring, unit [B, D].
    allowed = self.with_first(token_mask)
    image, seen = self.image_tokens(images, image_present)
    text = self.text_tokens(token_ids, allowed, 0.0)
    read = self.text_straight(token_ids, token_mask, text)
    return self.head(self.merge(image, text, image_present, allowed, 0.0), seen + read)


def views(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor, dropout: float) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    # For training: z of the whole item, of its image alone and of its words alone [B, D], and the
    # towers' unit embeddings of image and text [B, E].
    allowed = self.with_first(token_mask)
    image, seen = self.image_tokens(images, image_present)
    text = self.text_tokens(token_ids, allowed, dropout)
    read = self.text_straight(token_ids, token_mask, text)
    z = self.head(self.merge(image, text, image_present, allowed, dropout), seen + read)
    no_image = torch.zeros_like(image_present)
    no_text = torch.zeros_like(allowed)
    z_image = self.head(self.merge(image, torch.zeros_like(text), image_present, no_text, dropout), seen)
    z_text = self.head(self.merge(image, text, no_image, allowed, dropout), read)
    return z, z_image, z_text, self.unit(image[:, 0]), self.unit(text[:, 0])


def forward(self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor) -> Tensor:
    # z as it is exported: minus the mean over the training corpus, then of unit length.
    return self.unit(self.embed(images, image_present, token_ids, token_mask) - self.centre)
