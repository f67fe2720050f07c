"""The four archives of a bundle, made of a click model of one's own."""

import torch
from torch import Tensor, nn


class ClickModel(nn.Module):
    """A plain model: a layer for items, a layer for users, and an MLP over a user, the mean of the
    clicked items and a candidate. Replace these three methods by your own; Ranker needs no more."""

    item_width = 24
    user_width = 16

    def __init__(self, item_ids, item_rows, profile_rows, context_rows, stats, z_dim):
        super().__init__()
        self.register_buffer("known_ids", torch.tensor(item_ids))  # ascending
        self.id = nn.Embedding(len(item_ids) + 1, 8)  # row 0: an item that training did not know
        self.column = nn.Embedding(item_rows, 8)
        self.item_layer = nn.Linear(8 + 8 + stats + z_dim, self.item_width)
        self.profile = nn.Embedding(profile_rows, 16)
        self.context = nn.Embedding(context_rows, 16)
        self.user_layer = nn.Linear(16, self.user_width)
        self.top = nn.Sequential(
            nn.Linear(self.user_width + 2 * self.item_width + 2, 32), nn.ReLU(), nn.Linear(32, 1)
        )

    def item(self, item_id: Tensor, stats: Tensor, features: Tensor, z: Tensor) -> Tensor:
        at = torch.searchsorted(self.known_ids, item_id).clamp(max=self.known_ids.size(0) - 1)
        row = torch.where(self.known_ids[at] == item_id, at + 1, torch.zeros_like(at))
        columns = self.column(features).sum(1)
        x = torch.cat([self.id(row), columns, torch.log1p(stats), z], 1)
        return torch.relu(self.item_layer(x))

    def user(self, profile: Tensor, context: Tensor) -> Tensor:
        return torch.relu(self.user_layer(self.profile(profile).sum(1) + self.context(context).sum(1)))

    def logit(self, user: Tensor, clicked: Tensor, item: Tensor, pctr_base: Tensor) -> Tensor:
        """clicked: the mean of the clicked items' vectors, zero where there are none;
        pctr_base: NaN where absent."""
        absent = torch.isnan(pctr_base)
        base = torch.where(absent, torch.full_like(pctr_base, 0.5), pctr_base).clamp(1e-4, 1 - 1e-4)
        base = torch.stack([torch.logit(base), absent.float()], 1)
        return self.top(torch.cat([user, clicked, item, base], 1)).squeeze(1)


class Ranker(nn.Module):
    """ranker.pt: vectors of items and users in tables, by the slots that the server gives them.

    The manifest says "stateHoldsHistory": false, so a user's state has no history in it, and score
    gets the slots of the clicked items: nothing need ever be updated by a difference.
    """

    def __init__(self, model: ClickModel, profile_columns: int):
        super().__init__()
        self.model = model
        self.profile_columns = profile_columns
        self.register_buffer("items", torch.zeros(1, model.item_width))
        self.register_buffer("users", torch.zeros(1, model.user_width))

    @torch.jit.export
    def prepare(self, precision: Tensor) -> Tensor:
        return precision  # always in float32

    @torch.jit.export
    def resize_items(self, capacity: Tensor) -> Tensor:
        self.items = torch.zeros(int(capacity.item()), self.items.size(1), device=self.items.device)
        return capacity

    @torch.jit.export
    def resize_users(self, capacity: Tensor) -> Tensor:
        self.users = torch.zeros(int(capacity.item()), self.users.size(1), device=self.users.device)
        return capacity

    @torch.jit.export
    def item_state(
        self, item_id: Tensor, stats: Tensor, features: Tensor, z: Tensor, codes: Tensor
    ) -> Tensor:
        return self.model.item(item_id, stats, features, z)

    @torch.jit.export
    def put_items(self, slots: Tensor, states: Tensor) -> Tensor:
        self.items.index_copy_(0, slots, states)
        return slots

    @torch.jit.export
    def put_users(self, changes: Tensor, items: Tensor) -> Tensor:
        profile = changes[:, 6 : 6 + self.profile_columns]
        context = changes[:, 6 + self.profile_columns :]
        self.users.index_copy_(0, changes[:, 0], self.model.user(profile, context))
        return items

    @torch.jit.export
    def score(self, users: Tensor, items: Tensor, pctr_base: Tensor) -> Tensor:
        candidates = pctr_base.size(0)
        requests = torch.arange(users.size(0), device=users.device)
        clicks = self.items.index_select(0, items[candidates:])
        clicked = torch.zeros(users.size(0), self.items.size(1), device=users.device)
        clicked = clicked.index_add(0, requests.repeat_interleave(users[:, 2]), clicks)
        clicked = clicked / users[:, 2:].clamp(min=1)
        request = requests.repeat_interleave(users[:, 1])
        logit = self.model.logit(
            self.users.index_select(0, users[:, 0]).index_select(0, request),
            clicked.index_select(0, request),
            self.items.index_select(0, items[:candidates]),
            pctr_base,
        )
        return torch.sigmoid(logit)


class Encoder(nn.Module):
    """encoder.pt: a bag of words and the mean colours of a picture, turned into a z of unit length."""

    def __init__(self, words: int, z_dim: int):
        super().__init__()
        self.word = nn.Embedding(words, z_dim)
        self.colour = nn.Linear(3, z_dim)
        self.nothing = nn.Parameter(torch.randn(z_dim))

    def forward(
        self, images: Tensor, image_present: Tensor, token_ids: Tensor, token_mask: Tensor
    ) -> Tensor:
        words = (self.word(token_ids) * token_mask.unsqueeze(2)).sum(1)
        colours = self.colour(images.float().mean([2, 3]) / 255.0) * image_present.unsqueeze(1)
        return nn.functional.normalize(self.nothing + words + colours)


class Quantizer(nn.Module):
    """rq.pt: the nearest code of each level, of what the levels before left."""

    def __init__(self, codebooks: Tensor):
        super().__init__()
        self.register_buffer("codebooks", codebooks)  # [levels, codes, z_dim]

    @torch.jit.export
    def quantize(self, z: Tensor) -> Tensor:
        codes = []
        for level in range(self.codebooks.size(0)):
            book = self.codebooks[level]
            # The longest product with half a square taken off is the shortest distance.
            code = (z @ book.t() - 0.5 * (book * book).sum(1)).argmax(1)
            codes.append(code)
            z = z - book.index_select(0, code)
        return torch.stack(codes, 1)


class Alignment(nn.Module):
    """mba.pt of a model that moves no item."""

    @torch.jit.export
    def align(self, z: Tensor, codes: Tensor) -> Tensor:
        return z
