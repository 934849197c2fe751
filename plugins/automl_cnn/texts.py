"""A convolutional network for texts (Kim 2014, arXiv 1408.5882), with embeddings learned from scratch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from automl.plugin import Features, storable
from automl_torch.nets.branch import Branch
from automl_torch.nets.series import mask_of
from automl_torch.nets.words import PAD, UNKNOWN, Vocabulary, learn_vocabulary

SIZES = (2, 3, 4, 5)  # words that a filter sees
_FORGOTTEN = 0.1  # share of the words that training reads as unknown, so that unknown words mean something


@storable("cnn.texts")
@dataclass(frozen=True, kw_only=True)
class Texts(Branch):
    """A column of texts: its vocabulary, and the number of values for each word."""

    vocabulary: Vocabulary
    embedding: int

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return word numbers (n_rows, n_words) int64 and lengths (n_rows,) int64."""
        return self.vocabulary.read(features.raw[self.columns[0]])

    def lengths(self, tensors: tuple[Tensor, ...]) -> Tensor | None:
        """Return the numbers of words."""
        return tensors[1]

    def module(self) -> nn.Module:
        """Return the network."""
        return _Filters(self)


def learn_texts(features: Features, column: str, filters: int, embedding: int) -> Texts:
    """Learn the vocabulary from training rows; `filters` for each of `SIZES`."""
    return Texts(
        columns=(column,),
        width=filters * len(SIZES),
        vocabulary=learn_vocabulary(features.raw[column]),
        embedding=embedding,
    )


class _Filters(nn.Module):
    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.embedding = nn.Embedding(texts.vocabulary.size, texts.embedding, padding_idx=PAD)
        filters = texts.width // len(SIZES)
        self.filters = nn.ModuleList([nn.Conv1d(texts.embedding, filters, size) for size in SIZES])

    def forward(self, words: Tensor, lengths: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width): the strongest answer of each filter anywhere in the text."""
        words = words[:, : int(lengths.max())]
        if self.training:
            lost = (torch.rand(words.shape, device=words.device) < _FORGOTTEN) & (words != PAD)
            words = words.masked_fill(lost, UNKNOWN)
        values = self.embedding(words) * mask_of(lengths, words.shape[1])[:, :, None]
        around = functional.pad(values.transpose(1, 2), (max(SIZES) - 1, max(SIZES) - 1))
        # Beyond a text there is nothing but padding, of which a short text must not see more in a batch with long ones.
        answers = []
        for layer in self.filters:
            found = layer(around)
            start = torch.arange(found.shape[2], device=words.device)
            seen = start[None, :] < (lengths + max(SIZES) - 1)[:, None]
            answers.append(found.masked_fill(~seen[:, None, :], -1e4).amax(dim=2).relu())
        return torch.cat(answers, dim=1)
